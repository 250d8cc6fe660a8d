/** Runs the hub and store functions in a worker against the browser's real private file system, for opfs.parity.ts. */
import { openHub } from '../hub';
import { findFolder, browserRoot } from '../directory';
import { keepFiles, listStored, openStored, removeStored } from '../store';
import { breakingFetch } from './breaking-fetch';

export type OpfsTask =
  | { kind: 'hub'; repo: string; files: Record<string, Uint8Array<ArrayBuffer>>; breakAfter: number; stall?: boolean }
  | { kind: 'keep'; name: string; files: File[] }
  | { kind: 'list' }
  | { kind: 'open'; id: string }
  | { kind: 'remove'; id: string }
  | { kind: 'names'; id: string };

/** With `stall` the answer comes while the download still hangs. */
async function visitHub({ repo, files, breakAfter, stall }: OpfsTask & { kind: 'hub' }): Promise<unknown> {
  let resolve: (why: string) => void = () => undefined;
  const stalled = new Promise<string>((done) => (resolve = done));
  const { fetchFile, ranges } = breakingFetch(files, breakAfter, stall ? () => resolve('stalled') : undefined);
  const { signal } = new AbortController();
  const opened = openHub(repo, 'main', () => undefined, signal, { fetchFile });
  const first = await Promise.race([opened, stalled]);
  if (typeof first === 'string') return first;
  const { weights, sha256, notKept } = first;
  return { data: weights.raw('weight').slice(), sha256, notKept, ranges };
}

/** Plain data that a page can compare. */
export async function runTask(task: OpfsTask): Promise<unknown> {
  switch (task.kind) {
    case 'hub':
      return visitHub(task);
    case 'keep':
      return keepFiles(task.name, task.files);
    case 'list':
      return listStored();
    case 'open':
      return (await openStored(task.id)).weights.raw('weight').slice();
    case 'remove':
      return removeStored(task.id);
    case 'names': {
      const models = await findFolder(await browserRoot(), 'models');
      const folder = models && (await findFolder(models, task.id));
      const names: string[] = [];
      if (folder) for await (const name of folder.keys()) names.push(name);
      return names.sort();
    }
  }
}

if (typeof document === 'undefined') {
  self.onmessage = async ({ data }: MessageEvent<OpfsTask>): Promise<void> => {
    try {
      self.postMessage({ value: await runTask(data) });
    } catch (thrown) {
      self.postMessage({ error: String(thrown) });
    }
  };
}
