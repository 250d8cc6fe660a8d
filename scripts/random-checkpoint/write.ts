/** Random checkpoints as files. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodeCode } from '../node/load';
import type * as Models from './models';

/**
 * The same seed gives the same weights.
 * @param name one that models.ts knows
 * @param out a folder, made where it is not there
 * @returns the files' names
 */
export async function writeRandomCheckpoint(name: string, out: string, seed: number): Promise<string[]> {
  const { code } = await nodeCode();
  const { randomCheckpoint } = (await import(pathToFileURL(join(code, 'random-models.js')).href)) as typeof Models;
  const files = randomCheckpoint(name, seed);
  mkdirSync(out, { recursive: true });
  for (const [file, content] of files) writeFileSync(join(out, file), content);
  return [...files.keys()];
}
