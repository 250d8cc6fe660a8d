/**
 * `npm run table`: the fine-tuning runs behind docs/fine-tuning.md, one `npm run finetune` each, and the table of what they
 * gave. Runs whose result is there already are not made again, so it can be stopped and gone on with.
 */
import { Command } from 'commander';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { runMain } from './app/answers';
import { runTool, ROOT } from './app/build';
import { adapterOption, parseCount } from './app/options';
import { curvesSvg } from './table/curves';
import { LABELS, planRuns, type PlannedRun } from './table/plan';
import { groupBy, groupOf, tableOf, type MadeRun, type RunResult } from './table/report';
import { keptRewards } from './table/rewards';

interface Options {
  data: string;
  weights: string;
  out: string;
  doc: string;
  seeds: number;
  only?: string;
  adapter: string;
}

const resultOf = (folder: string): RunResult | null => {
  const file = join(folder, 'result.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as RunResult) : null;
};

async function make(run: PlannedRun, folder: string, adapter: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const set = Object.entries(run.set).flatMap(([field, value]) => [`${field}=${value}`]);
  const args = [
    ...['--data', run.data, '--split', run.split, '--val', 'val', '--model', run.model, '--method', run.method],
    ...['--steps', String(run.steps), '--seed', String(run.seed), '--out', folder, '--adapter', adapter],
    ...(run.limit === undefined ? [] : ['--limit', String(run.limit)]),
    ...(set.length > 0 ? ['--set', ...set] : []),
  ];
  await runTool('node_modules/tsx/dist/cli.mjs', ['scripts/finetune.ts', ...args]);
}

/** The reward curves of every group of runs. @returns the groups that have some */
async function draw(results: readonly MadeRun[], out: string, folder: string): Promise<Set<string>> {
  const curves = groupBy(
    results.flatMap(({ run }) => {
      const rewards = keptRewards(join(out, run.id));
      return rewards ? [{ group: groupOf(run), label: run.label, seed: run.seed, rewards }] : [];
    }),
    ({ group }) => group,
  );
  mkdirSync(folder, { recursive: true });
  for (const [group, own] of curves) writeFileSync(join(folder, `${group}.svg`), await curvesSvg(own, LABELS));
  return new Set(curves.keys());
}

async function table({ data, weights, out, doc, seeds, only, adapter }: Options): Promise<number> {
  const runs = planRuns({ data, weights, seeds }).filter(({ id }) => only === undefined || new RegExp(only).test(id));
  const failed: string[] = [];
  for (const [index, run] of runs.entries()) {
    const folder = join(out, run.id);
    if (resultOf(folder)) continue;
    console.error(`${index + 1}/${runs.length} ${run.id}`);
    await make(run, folder, adapter).catch((thrown: unknown) => {
      failed.push(`${run.id}: ${String(thrown)}`);
    });
  }
  const results = planRuns({ data, weights, seeds }).flatMap((run) => {
    const result = resultOf(join(out, run.id));
    return result ? [{ run, result }] : [];
  });
  const curves = 'curves';
  const drawn = await draw(results, out, join(ROOT, dirname(doc), curves));
  const text = tableOf(results, (group) => (drawn.has(group) ? `${curves}/${group}.svg` : null));
  const style = await resolveConfig(join(ROOT, doc));
  writeFileSync(join(ROOT, doc), await format(text, { ...style, parser: 'markdown' }));
  console.log(`${results.length} runs in ${doc}`);
  for (const line of failed) console.error(line);
  return failed.length === 0 ? 0 : 1;
}

const program = new Command('npm run table --')
  .description('Makes the fine-tuning runs of docs/fine-tuning.md and writes their table.')
  .option('--data <DIR>', 'the folder with raccoon and bccd', '../shared/datasets')
  .option('--weights <DIR>', 'the folder with deimv2_atto_coco', '../shared/weights')
  .option('--out <DIR>', 'where the runs are kept', 'docs/measurements/runs')
  .option('--doc <FILE>', 'the table', 'docs/measurements/fine-tuning.md')
  .option('--seeds <N>', 'how many seeds of each', parseCount, 3)
  .option('--only <PATTERN>', 'only runs whose id fits, for example stepdetr/raccoon/few_shot_10')
  .addOption(adapterOption())
  .action((options: Options) => runMain(() => table(options)));

await program.parseAsync();
