/**
 * `npm run full-size`: published models at their full size with random weights on this machine's adapter: time from photo to boxes
 * and GPU memory, as JSON.
 */
import { Command } from 'commander';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMain, valueOf } from './app/answers';
import { openApp } from './app/app-page';
import { runTool } from './app/build';
import { loadModel, parseModel } from './app/model-option';
import { adapterOption, jsonOption, parseCount } from './app/options';
import type { AdapterChoice } from './browser';

interface Options {
  photo: string;
  runs: number;
  json?: string;
  adapter: AdapterChoice;
}

const MODELS = ['rtdetr_r18vd', 'detr-resnet-50'];
const INPUT = 'stepdetr-full-size';

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!;

async function measure(model: string, { photo, runs, adapter }: Options) {
  const folder = join(mkdtempSync(join(tmpdir(), 'stepdetr-full-')), model);
  await runTool('node_modules/tsx/dist/cli.mjs', ['scripts/random-checkpoint.ts', model, '--out', folder]);
  const app = await openApp(adapter);
  try {
    const start = performance.now();
    const info = await loadModel(app, parseModel(folder));
    const load = performance.now() - start;
    await app.giveFiles(INPUT, [photo]);
    const times: number[] = [];
    for (let run = 0; run < runs; run++) {
      const { ms } = valueOf(
        await app.page.evaluate(
          (id) => window.stepdetr!.detect((document.getElementById(id) as HTMLInputElement).files![0]!),
          INPUT,
        ),
      );
      times.push(ms.decode + ms.resize + ms.model + ms.post);
    }
    const memory = valueOf(await app.page.evaluate(() => window.stepdetr!.memory()));
    return {
      model,
      adapter: app.device.adapter,
      input: info.inputSize,
      parameters: info.parameters,
      load_and_compile_ms: Math.round(load),
      photo_to_boxes_ms: { median: Math.round(median(times)), each: times.map(Math.round) },
      gpu_bytes: memory.gpuBytes,
      largest_binding: app.device.limits['maxStorageBufferBindingSize'],
    };
  } finally {
    await app.close();
  }
}

async function main(options: Options): Promise<number> {
  const results = [];
  for (const model of MODELS) {
    const result = await measure(model, options);
    console.log(JSON.stringify(result));
    results.push(result);
  }
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 1)}\n`);
  return 0;
}

const program = new Command('npm run full-size --')
  .description('Time and GPU memory of full-size models with random weights.')
  .option('--photo <FILE>', 'what to detect on', 'public/samples/cat.jpg')
  .option('--runs <N>', 'warm detections', parseCount, 3)
  .addOption(jsonOption())
  .addOption(adapterOption())
  .action((options: Options) => runMain(() => main(options)));

await program.parseAsync();
