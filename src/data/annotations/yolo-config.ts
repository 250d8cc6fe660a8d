/**
 * data.yaml of YOLO data sets (https://docs.ultralytics.com/datasets/detect/): `names` as a list or a map from number to
 * name; `train`, `val` and `test` as a folder of images, a text file that lists them, or several of these.
 */
import { parseDocument, stringify } from 'yaml';
import { DetectorError } from '../../lib/errors';
import { isObject } from '../json';

export interface YoloConfig {
  /** Class names, and the number of each in the label files. */
  readonly classes: readonly string[];
  readonly ids: readonly number[];
  /** Folder that the splits start from; '' where it is the file's own. */
  readonly path: string;
  /** By split the folders and lists it names. */
  readonly splits: Readonly<Record<string, readonly string[]>>;
}

export const YOLO_SPLITS = ['train', 'val', 'test'] as const;
/** Other names in use for the held-out images. */
const ALIASES: Readonly<Record<string, (typeof YOLO_SPLITS)[number]>> = { valid: 'val', validation: 'val' };

const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 60));

function readNames(names: unknown, file: string): [number, string][] {
  const refuse = (place: string, expected: string, got: unknown): never => {
    throw new DetectorError('annotations', file, `${place}: expected ${expected}, got ${shown(got)}`);
  };
  if (!Array.isArray(names) && !isObject(names)) return refuse('names', 'a list or a map of class names', names);
  return Object.entries(names).map(([key, name]) => {
    const id = Number(key);
    if (!(Number.isSafeInteger(id) && id >= 0)) return refuse('names', 'whole numbers as keys', key);
    const isName = typeof name === 'string' || typeof name === 'number' || typeof name === 'boolean';
    return isName && String(name) !== '' ? [id, String(name)] : refuse(`names.${key}`, 'the name of a class', name);
  });
}

function readPlaces(value: unknown, key: string, file: string): string[] {
  const places: unknown[] = Array.isArray(value) ? value : [value];
  return places.map((place) => {
    if (typeof place === 'string') return place;
    throw new DetectorError('annotations', file, `${key}: expected a folder or a list of images, got ${shown(place)}`);
  });
}

/**
 * Reads data.yaml.
 * @throws DetectorError `annotations` with line and column where it is no YAML, with the key where a value is wrong
 */
export function readYoloConfig(text: string, file: string): YoloConfig {
  const document = parseDocument(text, { prettyErrors: true });
  const fault = document.errors[0];
  if (fault) {
    const [at] = fault.linePos ?? [];
    const where = at ? ` at line ${at.line}, column ${at.col}` : '';
    throw new DetectorError('annotations', file, `is not valid YAML${where}: ${fault.message.split('\n')[0]!}`);
  }
  const yaml: unknown = document.toJS();
  if (!isObject(yaml)) throw new DetectorError('annotations', file, `expected keys with values, got ${shown(yaml)}`);
  const names = readNames(yaml.names, file).sort(([a], [b]) => a - b);
  const splits: Record<string, string[]> = {};
  for (const key of [...YOLO_SPLITS, ...Object.keys(ALIASES)]) {
    const value = yaml[key];
    const split = ALIASES[key] ?? key;
    if (value !== undefined && value !== null && value !== '') {
      splits[split] = [...(splits[split] ?? []), ...readPlaces(value, key, file)];
    }
  }
  return {
    classes: names.map(([, name]) => name),
    ids: names.map(([id]) => id),
    path: typeof yaml.path === 'string' ? yaml.path : '',
    splits,
  };
}

/** @param splits by split its folder of images */
export function writeYoloConfig(
  classes: readonly string[],
  ids: readonly number[],
  splits: Readonly<Record<string, string>>,
): string {
  const names = new Map(classes.map((name, index) => [ids[index]!, name]));
  return stringify({ path: '.', ...splits, names });
}
