/** The code compiled for Node: built into dist-node/ when that is missing or older than what it is made of, or a bundle's. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, runTool } from '../app/build';
import type * as Engine from './engine';

export const BUILT = join(ROOT, 'dist-node');
/** Of the embedded model; made from public sources at the first build of anything. */
const BACKBONE = join(ROOT, 'public/models/stepdetr_s/backbone.safetensors');
const INPUTS = ['src', 'scripts', 'package-lock.json'];

/** Latest change under a file or folder, milliseconds; tests are no part of it. */
function latest(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return /\.(test|parity)\.tsx?$/.test(path) ? 0 : stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => latest(join(path, name))));
}

/** Leaves a current build in dist-node/. */
export async function ensureNodeBuilt(): Promise<void> {
  if (!existsSync(BACKBONE)) await runTool('node_modules/tsx/dist/cli.mjs', ['scripts/build-backbone.ts']);
  const built = statSync(join(BUILT, 'engine.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (INPUTS.every((input) => latest(join(ROOT, input)) <= built)) return;
  console.error('building the engine for Node …');
  const args = ['build', '--config', 'scripts/node/vite.config.ts', '--logLevel', 'warn'];
  await runTool('node_modules/vite/bin/vite.js', args);
}

export interface NodeCode {
  /** The folder with engine.js and the other parts (programs.ts). */
  code: string;
  /** The folder with models/ and samples/. */
  files: string;
  /** The folder with our package.json, and node_modules/. */
  packages: string;
}

/** From a current build; where STEPDETR_HOME names a bundle (bundle.ts), from there. */
export async function nodeCode(): Promise<NodeCode> {
  const bundle = process.env['STEPDETR_HOME'];
  if (bundle !== undefined) return { code: join(bundle, 'app'), files: bundle, packages: join(bundle, 'app') };
  await ensureNodeBuilt();
  return { code: BUILT, files: join(ROOT, 'public'), packages: ROOT };
}

/**
 * The engine on a device.
 * @throws Error when there is no WebGPU adapter
 */
export async function openNodeEngine(options: Omit<Engine.NodeEngineOptions, 'files'>): Promise<Engine.NodeEngine> {
  const { code, files } = await nodeCode();
  const { openEngine } = (await import(pathToFileURL(join(code, 'engine.js')).href)) as typeof Engine;
  return openEngine({ ...options, files });
}
