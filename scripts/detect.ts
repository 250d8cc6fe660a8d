/** `npm run detect -- IMAGES…`: detects objects on image files, with the built app in a headless Chromium or in Node. */
import { Command } from 'commander';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { exportImage, type DetectFile } from '../src/data/export';
import type { ModelInfo } from '../src/lib/types';
import { runMain, sentence } from './app/answers';
import { parseModel } from './app/model-option';
import { printImage } from './app/print-image';
import { adapterOption, jsonOption, modelOption, parseUnit, runtimeOption } from './app/options';
import { openRuntime, type Runtime, type RuntimeName } from './app/runtime';
import type { AdapterChoice } from './browser';

interface Options {
  model: string;
  threshold: number;
  json?: string;
  draw?: string;
  adapter: AdapterChoice;
  runtime: RuntimeName;
}

function refusalOf(path: string): string | undefined {
  if (!existsSync(path)) return `${path}: there is no such file`;
  return statSync(path).isFile() ? undefined : `${path}: expected an image file, got a folder`;
}

/** "photo.boxes.png", or "photo-2.boxes.png" where another folder had a photo of that name. */
function drawingName(path: string, taken: Set<string>): string {
  const stem = basename(path, extname(path));
  let name = `${stem}.boxes.png`;
  for (let copy = 2; taken.has(name); copy++) name = `${stem}-${copy}.boxes.png`;
  taken.add(name);
  return name;
}

/** Detects on one image, prints and draws it. @returns undefined, with the reason on standard error, when it cannot be read */
async function detectOne(app: Runtime, model: ModelInfo, path: string, options: Options, names: Set<string>) {
  const found = await app.detect(path);
  if (!found.ok) {
    console.error(sentence({ ...found.error, subject: path }));
    return undefined;
  }
  const item = { file: path, result: found.value, classes: model.classes };
  const image = exportImage(item, { threshold: options.threshold, layer: null });
  console.log(printImage(image));
  if (options.draw !== undefined) {
    const png = await app.draw(path, found.value, options.threshold);
    writeFileSync(join(options.draw, drawingName(path, names)), png);
  }
  return image;
}

/** @returns the exit code: 1 when an image could not be read */
async function detect(paths: readonly string[], options: Options): Promise<number> {
  const choice = parseModel(options.model);
  const refusals = paths.map(refusalOf).filter((refusal) => refusal !== undefined);
  for (const refusal of refusals) console.error(refusal);
  const readable = paths.filter((path) => refusalOf(path) === undefined);
  if (readable.length === 0) return 1;
  if (options.draw !== undefined) mkdirSync(options.draw, { recursive: true });

  const app = await openRuntime(options);
  try {
    const model = await app.load(choice);
    console.error(`${model.name} on ${app.device.adapter}`);
    const images: DetectFile['images'] = [];
    const names = new Set<string>();
    for (const path of readable) {
      const image = await detectOne(app, model, path, options, names);
      if (image) images.push(image);
    }
    if (options.json !== undefined) {
      const file: DetectFile = { model: model.id, adapter: app.device.adapter, images };
      writeFileSync(options.json, JSON.stringify(file, null, 1));
    }
    return images.length === paths.length ? 0 : 1;
  } finally {
    await app.close();
  }
}

const program = new Command('npm run detect --')
  .description(
    'Detects objects on image files. STEPDETR_BROWSER names the browser where it is not the system’s Chromium.',
  )
  .argument('<images...>', 'image files')
  .addOption(modelOption())
  .option('--threshold <T>', 'leave out detections below this score, 0..1', parseUnit, 0.5)
  .addOption(jsonOption())
  .option('--draw <DIR>', 'write each image with its boxes to this folder, as PNG')
  .addOption(adapterOption())
  .addOption(runtimeOption())
  .action((paths: string[], options: Options) => runMain(() => detect(paths, options)));

await program.parseAsync();
