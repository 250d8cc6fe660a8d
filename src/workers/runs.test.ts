import { expect, it } from 'vitest';
import { RunStore } from '../data/runs/store';
import { sampleInfo, sampleRequest } from '../data/runs/testing/sample-run';
import { writeBytes } from '../data/directory';
import { MemoryDirectory } from '../data/testing/memory-directory';
import type { AppError } from '../lib/errors';
import { Turn } from './jobs';
import { Runs } from './runs';

async function listed(damaged: readonly string[]) {
  const disk = new MemoryDirectory();
  const store = new RunStore(async () => disk);
  for (const id of ['a', 'b', 'c']) await store.createRun(sampleInfo(id), sampleRequest(id));
  const folder = await disk.getDirectoryHandle('runs');
  for (const id of damaged) await writeBytes(await folder.getDirectoryHandle(id), 'info.json', '{"id": 1}');
  const faults: AppError[] = [];
  const unused = (): never => expect.fail('a list needs neither device nor model');
  const runs = new Runs({ engine: unused, turn: new Turn(), options: unused, store });
  const ids = (await runs.list((error) => faults.push(error))).map(({ id }) => id);
  return { ids: ids.sort(), faults };
}

it('whole runs are listed without a word', async () => {
  expect(await listed([])).toEqual({ ids: ['a', 'b', 'c'], faults: [] });
});

it('a damaged run is said by its name, the others are listed', async () => {
  const { ids, faults } = await listed(['b']);
  expect(ids).toEqual(['a', 'c']);
  expect(faults).toHaveLength(1);
  expect(faults[0]).toMatchObject({ code: 'storage', subject: 'b/info.json' });
});

it('several damaged runs are one thing to say, that names each', async () => {
  const { ids, faults } = await listed(['a', 'c']);
  expect(ids).toEqual(['b']);
  expect(faults).toHaveLength(1);
  expect(faults[0]!.subject.split(', ').sort()).toEqual(['a/info.json', 'c/info.json']);
});
