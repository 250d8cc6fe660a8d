/** Builds the app into dist/ when that is missing or older than what it is made of. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');
export const DIST = join(ROOT, 'dist');
const INPUTS = ['src', 'public', 'index.html', 'vite.config.ts', 'package-lock.json'];

/** Latest change under a file or folder, milliseconds; tests are no part of the app. */
function latest(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return /\.(test|parity)\.tsx?$/.test(path) ? 0 : stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => latest(join(path, name))));
}

export function distIsCurrent(): boolean {
  const built = statSync(join(DIST, 'index.html'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return INPUTS.every((input) => latest(join(ROOT, input)) <= built);
}

/**
 * Runs a program of this repository; its output goes to our standard error, which is for people.
 * @throws Error with the command when it ends with another code than 0
 */
export function runTool(script: string, args: readonly string[] = []): Promise<void> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [join(ROOT, script), ...args], { cwd: ROOT, stdio: ['ignore', 2, 2] });
    child.on('error', failed);
    child.on('exit', (code, signal) => {
      if (code === 0) done();
      else failed(new Error(`${script} ${args.join(' ')}: ended with ${signal ?? code}`));
    });
  });
}

/** Leaves a current build in dist/. */
export async function ensureBuilt(): Promise<void> {
  const backbone = join(ROOT, 'public/models/stepdetr_s/backbone.safetensors');
  if (existsSync(backbone) && distIsCurrent()) return;
  console.error('building the app …');
  await runTool('node_modules/tsx/dist/cli.mjs', ['scripts/build-backbone.ts']);
  await runTool('node_modules/vite/bin/vite.js', ['build', '--logLevel', 'warn']);
}
