/** Versions of what the bench measures, from the packages' own files. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (folder: string): { name: string; version: string } =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string; version: string };

/**
 * @param folder has our package.json and node_modules/
 * @param packages names below node_modules/
 * @returns ours first, by names
 * @throws Error when a package is not there
 */
export function versionsIn(folder: string, packages: readonly string[]): Record<string, string> {
  const all = [folder, ...packages.map((name) => join(folder, 'node_modules', name))].map(read);
  return Object.fromEntries(all.map(({ name, version }) => [name, version]));
}
