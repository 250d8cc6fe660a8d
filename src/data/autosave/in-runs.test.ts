import { expect, test } from 'vitest';
import { writeBytes } from '../directory';
import { makeRuns, REQUEST } from '../runs/folder';
import { MemoryDirectory } from '../testing/memory-directory';
import { isInRuns } from './in-runs';

const [here, other] = ['ab'.repeat(32), 'cd'.repeat(32)];

test('a photo is in the runs whose request names it', async () => {
  const root = new MemoryDirectory();
  const open = async (): Promise<MemoryDirectory> => root;
  expect(await isInRuns(here, open)).toBe(false);
  const runs = await makeRuns(open);
  await runs.getDirectoryHandle('unfinished', { create: true });
  const run = await runs.getDirectoryHandle('run-1', { create: true });
  await writeBytes(run, REQUEST, JSON.stringify({ data: { images: [{ id: 'a', sha256: here }] } }));
  expect(await isInRuns(here, open)).toBe(true);
  expect(await isInRuns(other, open)).toBe(false);
});
