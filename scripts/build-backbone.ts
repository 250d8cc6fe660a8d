/**
 * `npm run assets`: writes the embedded model's frozen backbone, public/models/stepdetr_s/backbone.safetensors, from the npm
 * package that ships it, with its licence beside it. Does nothing when both are there and newer than what they come from.
 */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeSafetensors } from '../src/data/safetensors';
import { extractBackbone } from './backbone/extract';
import { readGraph } from './backbone/graph';

const ROOT = resolve(import.meta.dirname, '..');
export const SOURCE = join(ROOT, 'node_modules/@vladmandic/human');
const TARGET = join(ROOT, 'public/models/stepdetr_s');
const BACKBONE = 'backbone.safetensors';
const LICENCE = 'LICENSE.backbone';

/** The whole file as bytes: float16 as stored in the package, TensorFlow's layouts, the blocks' facts in the metadata. */
export function buildBackbone(source: string): Uint8Array {
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as { version: string };
  const { tensors, blocks } = extractBackbone(readGraph(join(source, 'models/centernet.json')));
  const halves = [...tensors].map(([name, { shape, bytes }]) => [name, { dtype: 'F16', shape, data: bytes }] as const);
  return writeSafetensors(new Map(halves), {
    source: `@vladmandic/human ${version}, models/centernet.json and .bin, MobilenetV3 part`,
    licence: 'MIT',
    layout: 'HWIO',
    blocks: JSON.stringify(blocks),
  });
}

function licenceText(source: string): string {
  const intro =
    'backbone.safetensors is the MobileNetV3 part of the CenterNet object detection model in the npm package\n' +
    '@vladmandic/human (models/centernet.json and models/centernet.bin, from https://github.com/610265158/mobilenetv3_centernet),\n' +
    'values unchanged. The licence of that package:\n\n';
  return intro + readFileSync(join(source, 'LICENSE'), 'utf8');
}

const modified = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function upToDate(): boolean {
  const scripts = ['build-backbone.ts', 'backbone/extract.ts', 'backbone/graph.ts'];
  const inputs = [join(SOURCE, 'models/centernet.bin'), ...scripts.map((file) => join(import.meta.dirname, file))];
  const oldest = Math.min(...[BACKBONE, LICENCE].map((file) => modified(join(TARGET, file))));
  return oldest > Math.max(...inputs.map(modified));
}

/** Written whole or not at all, so that an interrupted run leaves no half file behind. */
function writeWhole(name: string, content: string | Uint8Array): void {
  const path = join(TARGET, name);
  writeFileSync(`${path}.part`, content);
  renameSync(`${path}.part`, path);
}

function main(): void {
  if (upToDate()) return;
  mkdirSync(TARGET, { recursive: true });
  const bytes = buildBackbone(SOURCE);
  writeWhole(BACKBONE, bytes);
  writeWhole(LICENCE, licenceText(SOURCE));
  console.log(`public/models/stepdetr_s/${BACKBONE}: ${(bytes.length / 1e6).toFixed(2)} MB`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) main();
