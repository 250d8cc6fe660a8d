/** The table of the runs: held-out AP of every layer before and after, mean and spread over the seeds. */
import type { LayerReport } from '../app/evaluation-report';
import type { PlannedRun } from './plan';

interface Measured {
  step: number;
  layers: LayerReport[];
}

export interface RunResult {
  adapter: string;
  steps: number;
  seconds_per_step: number;
  before?: Measured;
  after?: Measured;
}

export interface MadeRun {
  run: PlannedRun;
  result: RunResult;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);
const percent = (value: number): string => (100 * value).toFixed(1);

/** "42.0 ± 1.3" with the range over the seeds in place of a deviation: three are too few for one. */
function cell(values: readonly number[]): string {
  return values.length > 1 ? `${percent(mean(values))} (${percent(spread(values))})` : percent(values[0]!);
}

function layerCells(
  runs: readonly MadeRun[],
  pick: (result: RunResult) => Measured | undefined,
  number: 'AP' | 'AP50',
): string {
  const measured = runs.map(({ result }) => pick(result)).filter((one) => one !== undefined);
  const layers = measured[0]?.layers ?? [];
  return layers.map((_, at) => cell(measured.map((one) => one.layers[at]![number]))).join(', ');
}

const lastAp = ({ result }: MadeRun): number | undefined => result.after?.layers.at(-1)?.AP;

/** "+0.4 (-0.3, +1.1)": the last layer's AP beside the supervised run of the same seed, which saw the same views in the same order. */
function besideSupervised(runs: readonly MadeRun[], supervised: readonly MadeRun[]): string {
  const differences = runs.flatMap((own) => {
    const twin = supervised.find(({ run }) => run.seed === own.run.seed);
    const [ours, theirs] = [lastAp(own), twin && lastAp(twin)];
    return own === twin || ours === undefined || theirs === undefined ? [] : [ours - theirs];
  });
  if (differences.length === 0) return '';
  const signed = (value: number): string => `${value < 0 ? '' : '+'}${percent(value)}`;
  return `${signed(mean(differences))} (${differences.map(signed).join(', ')})`;
}

function rowOf(label: string, runs: readonly MadeRun[], supervised: readonly MadeRun[]): string {
  const seconds = Math.min(...runs.map(({ result }) => result.seconds_per_step)).toFixed(2);
  const cells = [
    label,
    String(runs.length),
    String(runs[0]!.result.steps),
    seconds,
    layerCells(runs, ({ after }) => after, 'AP'),
    layerCells(runs, ({ after }) => after, 'AP50'),
    besideSupervised(runs, supervised),
  ];
  return `| ${cells.join(' | ')} |`;
}

export function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

/** model-data-split: what the runs of a table have in common. */
export const groupOf = (run: PlannedRun): string => run.id.split('/').slice(0, 3).join('-');

/** @param picture of a group: the address of its reward curves beside the document, or null */
export function tableOf(runs: readonly MadeRun[], picture: (group: string) => string | null): string {
  const lines = [
    '# Fine-tuning, measured',
    '',
    'Made by `npm run table`. Held-out AP and AP50 in percent of the query selection and every decoder layer after the run;',
    'mean over the seeds, in brackets the difference between the highest and the lowest. Equal steps for all methods;',
    'supervised as long as GRPO: a step of GRPO is 1.8 supervised ones with the tie to the start, fewer without it; the last row is GRPO for as many steps.',
    'Seconds a step are those of the fastest seed: other work ran beside the runs. Last column: AP of the last layer less that of the supervised run of the same seed, mean and each seed.',
    '',
    'Curves: the reward of a layer, a running mean over 15 steps, mean over the seeds in a band from the lowest to the highest. A supervised run',
    'has it over the path without noise, the others over their rollouts.',
  ];
  for (const [name, group] of groupBy(runs, ({ run }) => groupOf(run))) {
    lines.push('', `## ${name}`, '', `Adapter: ${[...new Set(group.map(({ result }) => result.adapter))].join(', ')}.`);
    lines.push(
      `Before: AP ${layerCells(group, ({ before }) => before, 'AP')}; AP50 ${layerCells(group, ({ before }) => before, 'AP50')}.`,
    );
    lines.push(
      '',
      '| run | seeds | steps | seconds a step | AP select, layers | AP50 select, layers | last layer beside supervised |',
      '| --- | --- | --- | --- | --- | --- | --- |',
    );
    const kinds = groupBy(group, ({ run }) => run.label);
    for (const [label, own] of kinds) lines.push(rowOf(label, own, kinds.get('supervised') ?? []));
    const address = picture(name);
    if (address !== null) lines.push('', `![Reward of each layer over the steps, ${name}](${address})`);
  }
  return `${lines.join('\n')}\n`;
}
