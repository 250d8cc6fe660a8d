/** The run's settings from the command line: the preset's, then `--set field=value`, every field checked by its range. */
import { chosenPreset, PRESET_IDS, presetSettings, type Learning, type PresetChoice } from '../../src/lib/presets';
import {
  TRAIN_FIELDS,
  TRAIN_METHODS,
  trainProblems,
  trainSettings,
  type TrainMethod,
  type TrainSettings,
} from '../../src/lib/train-settings';

/** @throws Error naming the field, what was expected and what came */
export function parseField(text: string): [keyof TrainSettings, number | string] {
  const at = text.indexOf('=');
  const name = text.slice(0, at) as keyof TrainSettings;
  const field = at > 0 ? TRAIN_FIELDS[name] : undefined;
  if (!field) throw new Error(`--set ${text}: expected field=value, one of ${Object.keys(TRAIN_FIELDS).join(', ')}`);
  const value = text.slice(at + 1);
  return [name, field.kind === 'number' ? (value.trim() === '' ? Number.NaN : Number(value)) : value];
}

export function parseMethod(text: string): TrainMethod {
  const method = TRAIN_METHODS.find((each) => each === text);
  if (method) return method;
  throw new Error(`--method: expected one of ${TRAIN_METHODS.join(', ')}, got ${text}`);
}

export const PRESET_CHOICES: readonly PresetChoice[] = ['auto', ...PRESET_IDS];

/** What the command line asks for, before the images and the model are known. */
export interface AskedSettings {
  method: TrainMethod;
  preset: PresetChoice;
  changed: Partial<TrainSettings>;
}

function checked(settings: TrainSettings): TrainSettings {
  const problems = trainProblems(settings);
  if (problems.length > 0) throw new Error(`settings: ${problems.join('; ')}`);
  return settings;
}

/** @throws Error naming every field that is out of its range */
export function askedSettings(
  method: TrainMethod,
  preset: PresetChoice,
  fields: readonly string[],
  given: Partial<Pick<TrainSettings, 'steps' | 'seed'>>,
): AskedSettings {
  const changed: Partial<TrainSettings> = { ...Object.fromEntries(fields.map(parseField)), ...given };
  checked(trainSettings(method, changed));
  return { method, preset, changed };
}

/** @throws Error naming every field that is out of its range beside the preset's */
export function settingsFor({ method, preset, changed }: AskedSettings, learning: Learning): TrainSettings {
  return checked(presetSettings(method, chosenPreset(preset, learning), learning.family, changed));
}
