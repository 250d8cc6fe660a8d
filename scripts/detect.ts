/** `npm run detect -- IMAGES…`: detects objects on image files with the built app in a headless Chromium. */
import { Command } from 'commander';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { exportImage, type DetectFile } from '../src/data/export';
import type { ImageDetections, ModelInfo } from '../src/lib/types';
import { runMain, sentence } from './app/answers';
import { openApp, type AppPage } from './app/app-page';
import { loadModel, parseModel } from './app/model-option';
import { printImage } from './app/print-image';
import { adapterOption, jsonOption, modelOption, parseUnit } from './app/options';
import type { AdapterChoice } from './browser';

interface Options {
  model: string;
  threshold: number;
  json?: string;
  draw?: string;
  adapter: AdapterChoice;
}

const INPUT = 'stepdetr-images';

function refusalOf(path: string): string | undefined {
  if (!existsSync(path)) return `${path}: there is no such file`;
  return statSync(path).isFile() ? undefined : `${path}: expected an image file, got a folder`;
}

/** Detects on the page's file number `index`. */
function detectAt({ page }: AppPage, index: number) {
  return page.evaluate(
    ([id, at]) => window.stepdetr!.detect((document.getElementById(id) as HTMLInputElement).files![at]!),
    [INPUT, index] as const,
  );
}

/** The page's file number `index` with its boxes, as PNG bytes. */
async function drawAt({ page }: AppPage, index: number, found: ImageDetections, threshold: number): Promise<Buffer> {
  const drawn = await page.evaluate(
    async ({ id, at, found, threshold }) => {
      const file = (document.getElementById(id) as HTMLInputElement).files![at]!;
      const png = await window.stepdetr!.draw(file, found, { threshold });
      return png.ok ? { ok: true as const, value: new Uint8Array(await png.value.arrayBuffer()) } : png;
    },
    { id: INPUT, at: index, found, threshold },
  );
  if (!drawn.ok) throw new Error(sentence(drawn.error));
  return Buffer.from(drawn.value);
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
async function detectOne(
  app: AppPage,
  model: ModelInfo,
  index: number,
  path: string,
  options: Options,
  names: Set<string>,
) {
  const found = await detectAt(app, index);
  if (!found.ok) {
    console.error(sentence({ ...found.error, subject: path }));
    return undefined;
  }
  const item = { file: path, result: found.value, classes: model.classes };
  const image = exportImage(item, { threshold: options.threshold, layer: null });
  console.log(printImage(image));
  if (options.draw !== undefined) {
    const png = await drawAt(app, index, found.value, options.threshold);
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

  const app = await openApp(options.adapter);
  try {
    const model = await loadModel(app, choice);
    console.error(`${model.name} on ${app.device.adapter}`);
    await app.giveFiles(INPUT, readable);
    const images: DetectFile['images'] = [];
    const names = new Set<string>();
    for (const [index, path] of readable.entries()) {
      const image = await detectOne(app, model, index, path, options, names);
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
  .action((paths: string[], options: Options) => runMain(() => detect(paths, options)));

await program.parseAsync();
