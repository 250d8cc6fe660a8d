/** docs/settings.md: every setting of a run with its default, range and sentence, from the code's own table. */
import {
  TRAIN_DEFAULTS,
  TRAIN_FIELDS,
  TRAIN_METHODS,
  trainSettings,
  type TrainSettings,
} from '../../src/lib/train-settings';

const names = Object.keys(TRAIN_FIELDS) as (keyof TrainSettings)[];

function rangeOf(name: keyof TrainSettings): string {
  const field = TRAIN_FIELDS[name];
  if (field.kind === 'choice') return field.choices.join(', ');
  return `${field.min} to ${field.max}${field.whole ? ', whole' : ''}`;
}

function differences(method: (typeof TRAIN_METHODS)[number]): string {
  const own = trainSettings(method);
  const changed = names.filter((name) => name !== 'method' && own[name] !== TRAIN_DEFAULTS[name]);
  return changed.length === 0 ? 'the defaults' : changed.map((name) => `${name} ${own[name]}`).join(', ');
}

export function settingsMarkdown(): string {
  const rows = names.map(
    (name) => `| ${name} | ${TRAIN_DEFAULTS[name]} | ${rangeOf(name)} | ${TRAIN_FIELDS[name].sentence} |`,
  );
  const methods = TRAIN_METHODS.map((method) => `| ${method} | ${differences(method)} |`);
  return [
    '# Settings of a run',
    '',
    'Written by `npm run settings` from `src/lib/train-settings.ts` and `src/lib/rl-settings.ts`. In the page they are under Train;',
    '`npm run finetune` takes any of them as `--set field=value`.',
    '',
    '| setting | default | range | |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    '| method | changes |',
    '| --- | --- |',
    ...methods,
    '',
  ].join('\n');
}
