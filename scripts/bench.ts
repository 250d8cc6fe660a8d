/** `npm run bench`: DEIMv2 in our engine and in onnxruntime-web, in one browser, photo to boxes. */
import { Command } from 'commander';
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser } from 'playwright';
import { runMain } from './app/answers';
import { ROOT, runTool } from './app/build';
import { launchBrowser } from './app/find-browser';
import { adapterOption, jsonOption, parseCount } from './app/options';
import { serveFolders } from './app/static-server';
import type { BenchRow } from './bench/page';
import type { AdapterChoice } from './browser';

interface Options {
  runs: number;
  quick?: true;
  json?: string;
  shared: string;
  adapter: AdapterChoice;
}

const MODELS = [
  { name: 'deimv2_atto', folder: 'deimv2_atto_coco', onnx: 'deimv2_hgnetv2_atto_coco.onnx', side: 320 },
  { name: 'deimv2_femto', folder: 'deimv2_femto_coco', onnx: 'deimv2_hgnetv2_femto_coco.onnx', side: 416 },
];
const CHECKPOINT = ['config.json', 'preprocessor_config.json', 'model.safetensors'];
const PHOTO = 'samples/astronaut.jpg';
const QUICK_RUNS = 5;
/** Engines that answer with boxes that overlap less than this do not compute the same model. */
const LEAST_OVERLAP = 0.8;

async function benchModel(browser: Browser, url: string, model: (typeof MODELS)[number], runs: number) {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(`page: ${error.message}`));
  await page.goto(url);
  await page.waitForFunction(() => window.bench !== undefined);
  const { name, folder, onnx, side } = model;
  const checkpoint = CHECKPOINT.map((file) => `weights/${folder}/${file}`);
  const options = { name, side, checkpoint, onnx: `weights/onnx/${onnx}`, photo: PHOTO, runs };
  const rows = await page.evaluate((settings) => window.bench!(settings), options);
  await page.close();
  return rows;
}

function overlap(a: BenchRow['best']['box'], b: BenchRow['best']['box']): number {
  const side = (low: 0 | 1, high: 2 | 3): number => Math.max(Math.min(a[high], b[high]) - Math.max(a[low], b[low]), 0);
  const both = side(0, 2) * side(1, 3);
  const area = (box: typeof a): number => (box[2] - box[0]) * (box[3] - box[1]);
  return both / (area(a) + area(b) - both);
}

/** @throws Error when an engine's best detection is not ours: then the times would say nothing */
function requireSameAnswer(rows: readonly BenchRow[]): void {
  const ours = rows.find(({ engine }) => engine === 'ours')!;
  for (const { model, engine, best } of rows) {
    if (best.label !== ours.best.label || !(overlap(best.box, ours.best.box) >= LEAST_OVERLAP)) {
      throw new Error(
        `${model}: ${engine} found ${JSON.stringify(best)}, ours found ${JSON.stringify(ours.best)}: not the same model`,
      );
    }
  }
}

/** One line for each row, with its time as a multiple of ours. */
function table(rows: readonly BenchRow[]): string {
  const line = (cells: readonly string[]): string =>
    `${cells[0]!.padEnd(14)}${cells[1]!.padEnd(20)}${cells
      .slice(2)
      .map((cell) => cell.padStart(12))
      .join('')}`;
  const body = rows.map((row) => {
    const ours = rows.find(({ model, engine }) => model === row.model && engine === 'ours')!;
    const ratio = (row.median_ms / ours.median_ms).toFixed(2);
    return line([row.model, row.engine, row.first_ms.toFixed(0), row.median_ms.toFixed(1), ratio]);
  });
  return [line(['model', 'engine', 'first ms', 'median ms', 'x ours']), ...body].join('\n');
}

async function bench({ runs, quick, json, shared, adapter }: Options): Promise<number> {
  const weights = join(shared, 'weights');
  if (!existsSync(join(weights, 'onnx'))) {
    throw new Error(
      `${weights}: expected the DEIMv2 checkpoints and onnx/, they are not there (--shared names the folder)`,
    );
  }
  await runTool('node_modules/vite/bin/vite.js', [
    'build',
    '--config',
    'scripts/bench/vite.config.ts',
    '--logLevel',
    'warn',
  ]);
  const browser = await launchBrowser(adapter);
  const server = await serveFolders({
    '/': join(ROOT, 'dist-bench'),
    '/ort/': join(ROOT, 'node_modules/onnxruntime-web/dist'),
    '/weights/': weights,
    '/samples/': join(ROOT, 'public/samples'),
  });
  try {
    const rows: BenchRow[] = [];
    for (const model of MODELS) {
      console.error(`${model.name} …`);
      const measured = await benchModel(browser, server.url, model, quick ? QUICK_RUNS : runs);
      requireSameAnswer(measured);
      rows.push(...measured);
    }
    const adapterName = rows[0]!.adapter;
    console.log(`${adapterName}, photo (${PHOTO}) to boxes\n${table(rows)}`);
    if (json !== undefined) {
      const plain = rows.map(({ model, engine, first_ms, median_ms }) => ({ model, engine, first_ms, median_ms }));
      writeFileSync(json, JSON.stringify({ adapter: adapterName, rows: plain }, null, 1));
    }
    return 0;
  } finally {
    await browser.close();
    await server.close();
  }
}

const program = new Command('npm run bench --')
  .description('DEIMv2 Atto and Femto in our engine and in onnxruntime-web (WebGPU and WebAssembly), photo to boxes.')
  .option('--runs <N>', 'warm runs of which the median is taken', parseCount, 20)
  .option('--quick', `only ${QUICK_RUNS} runs`)
  .addOption(jsonOption())
  .option('--shared <DIR>', 'the folder that has weights/', resolve(ROOT, '../shared'))
  .addOption(adapterOption())
  .action((options: Options) => runMain(() => bench(options)));

await program.parseAsync();
