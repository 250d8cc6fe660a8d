/**
 * `npm run check-export`: fine-tunes every small reference checkpoint for a few steps, opens what was exported with Python's
 * transformers, and compares its answers on a photo with ours. Needs Python with torch, transformers, timm and pillow, and
 * ../shared; where they are not there it says so and ends well.
 */
import { Command } from 'commander';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMain, valueOf } from './app/answers';
import { openApp } from './app/app-page';
import { ROOT, runTool } from './app/build';
import { loadModel, parseModel } from './app/model-option';
import { adapterOption, parseCount } from './app/options';
import type { AdapterChoice } from './browser';
import { smallerCopy } from './check-export/smaller';

interface Options {
  shared: string;
  steps: number;
  side: number;
  only?: string;
  adapter: AdapterChoice;
}

interface Report {
  model: string;
  logits: number;
  boxes: number;
  compared: number;
}

const FAMILIES = ['detr', 'deformable_detr', 'deformable_detr_refine', 'deformable_detr_two_stage'].concat([
  'rt_detr_r18',
  'rt_detr_r50',
  'rt_detr_v2',
  'd_fine',
]);
const NEEDED =
  'import torchvision_stub, torch, timm, transformers, PIL; print(torch.__version__, transformers.__version__)';
const SCRIPTS = join(ROOT, 'scripts/check-export');
const COMPARE = join(SCRIPTS, 'compare.py');
const INPUT = 'stepdetr-check-photo';
const LOGITS = 1e-3;
const BOXES = 1e-4;

/** Versions of what is needed, null where something is missing. */
function pythonVersions(): string | null {
  try {
    const env = { ...process.env, PYTHONPATH: SCRIPTS };
    return execFileSync('python3', ['-c', NEEDED], {
      encoding: 'utf8',
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null;
  }
}

/** The photo without loss: two decoders of JPEG differ by a level here and there. */
function asPng(photo: string, folder: string): string {
  const png = join(folder, 'photo.png');
  execFileSync('python3', ['-c', `from PIL import Image; Image.open("${photo}").convert("RGB").save("${png}")`]);
  return png;
}

/** Our answers with a checkpoint's folder, written for compare.py. */
async function answer(checkpoint: string, photo: string, file: string, adapter: AdapterChoice): Promise<void> {
  const app = await openApp(adapter);
  try {
    await loadModel(app, parseModel(checkpoint));
    await app.giveFiles(INPUT, [photo]);
    const last = valueOf(
      await app.page.evaluate(async (id) => {
        const found = await window.stepdetr!.detect((document.getElementById(id) as HTMLInputElement).files![0]!);
        if (!found.ok) return found;
        const { query, label, score, boxes } = found.value.layers.at(-1)!;
        return {
          ok: true as const,
          value: { query: [...query], label: [...label], score: [...score], boxes: [...boxes] },
        };
      }, INPUT),
    );
    writeFileSync(file, JSON.stringify({ images: [{ path: photo, ...last }] }));
  } finally {
    await app.close();
  }
}

async function check(
  family: string,
  work: string,
  photo: string,
  { shared, steps, side, adapter }: Options,
): Promise<Report> {
  const out = join(work, family);
  const model = smallerCopy(join(shared, 'reference', family), join(work, 'reference', family), side);
  await runTool('node_modules/tsx/dist/cli.mjs', [
    'scripts/finetune.ts',
    ...['--data', join(shared, 'datasets/raccoon'), '--split', 'few_shot_10', '--method', 'supervised'],
    ...['--model', model, '--steps', String(steps), '--out', out, '--adapter', adapter],
    ...['--set', 'batch=1', 'encoder=trained'],
  ]);
  const file = join(out, 'answers.json');
  await answer(join(out, 'best'), photo, file, adapter);
  return JSON.parse(execFileSync('python3', [COMPARE, join(out, 'best'), file], { encoding: 'utf8' })) as Report;
}

const HEAD = `| checkpoint | opened as | greatest difference of a logit | of a box | logits compared | |
| --- | --- | --- | --- | --- | --- |`;

function rowOf(family: string, { model, logits, boxes, compared }: Report, good: boolean): string {
  const numbers = [logits.toExponential(1), boxes.toExponential(1), compared];
  return `| ${family} | ${model} | ${numbers.join(' | ')} | ${good ? 'same' : 'DIFFERENT'} |`;
}

async function main(options: Options): Promise<number> {
  const versions = pythonVersions();
  if (!versions || !existsSync(options.shared)) {
    const missing = versions ? `the folder ${options.shared}` : 'Python with torch, transformers, timm and pillow';
    console.log(`skipped: ${missing} is not there`);
    return 0;
  }
  console.log(`torch and transformers ${versions}`);
  const work = mkdtempSync(join(tmpdir(), 'stepdetr-export-'));
  const photo = asPng(join(options.shared, 'datasets/raccoon/images/raccoon-1.jpg'), work);
  let failed = 0;
  console.log(HEAD);
  for (const family of FAMILIES.filter((name) => options.only === undefined || new RegExp(options.only).test(name))) {
    const report = await check(family, work, photo, options);
    const good = report.logits <= LOGITS && report.boxes <= BOXES && report.compared > 0;
    if (!good) failed++;
    console.log(rowOf(family, report, good));
  }
  return failed === 0 ? 0 : 1;
}

const program = new Command('npm run check-export --')
  .description('Opens fine-tuned checkpoints of every family with Python’s transformers and compares the answers.')
  .option('--shared <DIR>', 'the folder with reference and datasets', '../shared')
  .option('--steps <N>', 'steps of fine-tuning before the export', parseCount, 5)
  .option('--side <PX>', 'the shorter side of photos', parseCount, 256)
  .option('--only <PATTERN>', 'only families whose folder fits')
  .addOption(adapterOption())
  .action((options: Options) => runMain(() => main(options)));

await program.parseAsync();
