/** Data sets for the tests: small ones from texts, real ones from ../shared. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { AppError } from '../../lib/errors';
import { filesOfBlobs, type DatasetFiles } from './files';
import type { WrittenLabels } from './types';

export const filesOfTexts = (texts: Readonly<Record<string, string | Blob>>): DatasetFiles =>
  filesOfBlobs(new Map(Object.entries(texts).map(([path, text]) => [path, new Blob([text])])));

export const textsOf = ({ files }: WrittenLabels): Record<string, string> => Object.fromEntries(files);

export const sentences = (problems: readonly AppError[]): string[] =>
  problems.map(({ subject, message }) => `${subject}: ${message}`);

/** A folder of ../shared/datasets; null where it is not beside the project. */
export function sharedDataset(name: string): string | null {
  const path = resolve('../shared/datasets', name);
  if (existsSync(path)) return path;
  process.stderr.write(`skipped: the folder ../shared/datasets/${name} is not beside the project\n`);
  return null;
}

/** A folder on disk by relative paths. */
export function filesOnDisk(root: string): DatasetFiles {
  const paths = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    paths.map((path) => [path.slice(root.length + 1), () => Promise.resolve(new Blob([readFileSync(path)]))]),
  );
}
