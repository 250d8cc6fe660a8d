/** Where kept runs are: runs/<id>/ in the private file system, and how their small files are replaced. */
import { DetectorError } from '../../lib/errors';
import {
  findFile,
  findFolder,
  openAppender,
  renameFile,
  storageError,
  type Directory,
  type OpenRoot,
} from '../directory';

const RUNS = 'runs';

/** Files of a run. The two states take turns; STATE says which one counts. */
export const INFO = 'info.json';
export const REQUEST = 'request.json';
export const LOG = 'log.jsonl';
export const EVALUATIONS = 'evaluations.jsonl';
export const WARNINGS = 'warnings.jsonl';
export const STATE = 'state.json';
export const SLOTS = ['state-a.safetensors', 'state-b.safetensors'] as const;
export const BEST = 'best.safetensors';
export const HELD_OUT_BEFORE = 'heldout-before.json';
export const HELD_OUT_NOW = 'heldout-now.json';
export const EPISODE = 'episode.json';
export const RUN_FILES: ReadonlySet<string> = new Set([
  ...[INFO, REQUEST, LOG, EVALUATIONS, WARNINGS, STATE, BEST],
  ...[HELD_OUT_BEFORE, HELD_OUT_NOW, EPISODE],
  ...SLOTS,
]);

/** The folder of all runs; null where there is none. */
export async function findRuns(open: OpenRoot): Promise<Directory | null> {
  return findFolder(await open(), RUNS);
}

export async function makeRuns(open: OpenRoot): Promise<Directory> {
  return (await open()).getDirectoryHandle(RUNS, { create: true });
}

/** @throws DetectorError `internal` for an id that is no plain name of a folder */
export function expectRunId(id: string): string {
  if (/^[\w-][\w.-]{0,127}$/.test(id)) return id;
  throw new DetectorError(
    'internal',
    'run',
    `expected an id of letters, digits, dots and dashes, got ${JSON.stringify(id)}`,
  );
}

/** Does something in the folder of a run that is there. @throws DetectorError `storage` where it is not, or it fails */
export async function inRun<T>(id: string, open: OpenRoot, work: (folder: Directory) => Promise<T>): Promise<T> {
  try {
    const runs = await findRuns(open);
    const folder = runs && (await findFolder(runs, expectRunId(id)));
    if (folder) return await work(folder);
  } catch (thrown) {
    throw storageError(thrown, id);
  }
  throw new DetectorError('storage', id, 'expected it among the runs kept in this browser, it is not there');
}

const fresh = (name: string): string => `${name}.new`;

/** Writes a whole file at one go: pieces of a stream take several times as long. */
export async function writeWhole(folder: Directory, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const file = await openAppender(folder, name);
  try {
    await file.write(bytes);
  } finally {
    await file.close();
  }
}

/** Writes a file in place of the one before: a crash leaves the old or the new one. */
export async function replaceFile(
  folder: Directory,
  name: string,
  content: string | Uint8Array<ArrayBuffer>,
): Promise<void> {
  await writeWhole(folder, fresh(name), typeof content === 'string' ? new TextEncoder().encode(content) : content);
  await renameFile(folder, fresh(name), name);
}

/** What `replaceFile` wrote. A crash between its two steps leaves the whole content under the other name. */
export async function findReplaced(folder: Directory, name: string): Promise<Blob | null> {
  return (await findFile(folder, name)) ?? findFile(folder, fresh(name));
}
