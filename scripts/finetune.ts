/** `npm run finetune -- --data DIR …`: a run of fine-tuning in the app's own worker, in a headless Chromium or in Node. */
import { Command, Option } from 'commander';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PresetChoice } from '../src/lib/presets';
import { countData } from '../src/lib/training-checks';
import type { EvaluationRecord, RunWeights } from '../src/lib/training';
import { runMain } from './app/answers';
import { layerReport } from './app/evaluation-report';
import { adapterOption, parseCount, runtimeOption } from './app/options';
import { openRuntime, type PlainEvent, type Runtime, type RuntimeName } from './app/runtime';
import type { AdapterChoice } from './browser';
import { plainData } from './finetune/data';
import { openPair, parsePair, RANDOM_PATCHES } from './finetune/models';
import { askedSettings, parseMethod, PRESET_CHOICES, settingsFor } from './finetune/settings';

interface Options {
  data: string;
  split?: string;
  val?: string;
  limit?: number;
  unlabelled?: true;
  model: string;
  teacher?: string;
  method: string;
  preset: PresetChoice;
  steps?: number;
  seed?: number;
  set: string[];
  out: string;
  adapter: AdapterChoice;
  runtime: RuntimeName;
}

interface Told {
  evaluations: EvaluationRecord[];
}

/** Writes the log as it comes; says on the terminal how it goes. */
function listener(out: string, steps: number): Told & { hear(event: PlainEvent): void } {
  const told: Told = { evaluations: [] };
  const percent = (AP: number): string => (100 * AP).toFixed(1);
  return {
    ...told,
    hear: (event) => {
      if (event.type === 'step') {
        appendFileSync(join(out, 'log.jsonl'), `${JSON.stringify(event.record)}\n`);
        const { step, loss, ms, layers } = event.record;
        const reward = layers.at(-1)!.reward.toFixed(3);
        if (step % 10 === 0 || step === steps)
          console.error(`step ${step}/${steps}: loss ${loss.toFixed(3)}, reward ${reward}, ${ms.toFixed(0)} ms`);
      }
      if (event.type === 'evaluation') {
        told.evaluations.push(event.record);
        const each = event.record.layers.map(({ layer, AP }) => `${layer} ${percent(AP)}`).join(', ');
        console.error(`held out at step ${event.record.step}: AP ${each}`);
      }
      if (event.type === 'warning') console.error(`warning: ${JSON.stringify(event.warning)}`);
    },
  };
}

/** Writes best/: the checkpoint in its own layout; the last weights where nothing was held out to measure by. */
async function saveBest(app: Runtime, id: string, weights: RunWeights, out: string): Promise<void> {
  mkdirSync(join(out, 'best'), { recursive: true });
  for (const { name, bytes } of await app.checkpoint({ id, weights })) writeFileSync(join(out, 'best', name), bytes);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

async function finetune({
  data: path,
  split,
  val,
  limit,
  unlabelled,
  out,
  adapter,
  runtime,
  ...options
}: Options): Promise<number> {
  const { steps, seed } = options;
  const given = { ...(steps !== undefined && { steps }), ...(seed !== undefined && { seed }) };
  const method = parseMethod(options.method);
  const asked = askedSettings(method, options.preset, options.set, given);
  const pair = parsePair(method, options.model, options.teacher, asked.changed.clusters);
  const data = await plainData(path, { split, val, limit, unlabelled });
  for (const problem of data.problems) console.error(problem);
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'log.jsonl'), '');
  const app = await openRuntime({ runtime, adapter });
  try {
    const { names, family, ...models } = await openPair(app, pair);
    const settings = settingsFor(asked, { labelled: countData(data).train, family });
    writeFileSync(join(out, 'settings.json'), JSON.stringify(settings, null, 1));
    const { model, teacher } = names;
    const who = teacher === null ? model : `${model}, taught by ${teacher},`;
    console.error(`${who} on ${app.device.adapter}: ${settings.method}, ${settings.steps} steps`);
    const told = listener(out, settings.steps);
    const name = `${options.method} on ${path}`;
    const run = await app.train({ name, settings, data, ...models }, told.hear);
    const { evaluations } = told;
    const [before, after] = [evaluations[0], evaluations.at(-1)];
    const best = evaluations.find(({ step }) => step === run.best?.step);
    const report = (record: EvaluationRecord | undefined) =>
      record && { step: record.step, layers: record.layers.map(layerReport) };
    const result = {
      model,
      teacher,
      data: { path, split, val, train: run.images.train, held: run.images.val, unlabelled: run.images.unlabelled },
      method: settings.method,
      seed: settings.seed,
      steps: run.step,
      state: run.state,
      seconds_per_step: run.seconds / Math.max(1, run.step),
      peak_bytes: run.peakBytes,
      adapter: run.adapter,
      ...(run.found !== undefined && { found: run.found }),
      before: report(before),
      after: report(after),
      best: report(best),
      seconds_per_evaluation: evaluations.length > 0 ? mean(evaluations.map(({ ms }) => ms)) / 1000 : null,
      ...(run.error && { error: run.error }),
    };
    writeFileSync(join(out, 'result.json'), JSON.stringify(result, null, 1));
    if (run.step > 0) await saveBest(app, run.id, run.best ? 'best' : 'last', out);
    if (run.error) console.error(`${run.error.subject}: ${run.error.message}`);
    return run.state === 'done' ? 0 : 1;
  } finally {
    await app.close();
  }
}

const program = new Command('npm run finetune --')
  .description('Fine-tunes a model on labelled images and writes what happened and the best checkpoint to a folder.')
  .requiredOption(
    '--data <DIR|JSON>',
    'a folder with images and labels (COCO JSON, YOLO or Pascal VOC), or a COCO JSON file',
  )
  .option('--split <NAME>', 'learn from this split of splits.json only')
  .option('--val <NAME>', 'hold out this split and measure on it')
  .option('--limit <N>', 'learn from the first N images only', parseCount)
  .option(
    '--model <ID|DIR>',
    `stepdetr_s (embedded), a folder with config.json and model.safetensors, a hub id owner/name, or ${RANDOM_PATCHES} (with distil)`,
    'stepdetr_s',
  )
  .option('--teacher <ID|DIR>', 'who teaches with --method distil (stepdetr_s)')
  .option('--unlabelled', 'leave the labels of the images to learn from aside; distil alone learns without them')
  .requiredOption('--method <NAME>', 'supervised, reinforce, ppo, grpo or distil')
  .addOption(
    new Option('--preset <which>', 'as the app chooses: by the number of labelled images and the family of the model')
      .choices(PRESET_CHOICES)
      .default('auto'),
  )
  .option('--steps <N>', 'steps of the optimiser', parseCount)
  .option('--seed <S>', 'views, order and noise follow from it', Number)
  .option('--set <field=value...>', 'any other setting (docs/learning.md lists them)', [])
  .option('--out <DIR>', 'where to write', 'finetuned')
  .addOption(adapterOption())
  .addOption(runtimeOption())
  .action((options: Options) => runMain(() => finetune(options)));

await program.parseAsync();
