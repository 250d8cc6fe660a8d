import { beforeEach, expect, it } from 'vitest';
import { listKept } from '../images/kept';
import { MemoryDirectory } from '../testing/memory-directory';
import { RunStore } from './store';
import { sampleEvaluation, sampleInfo, sampleRequest, sampleStep, sampleTensors } from './testing/sample-run';
import { exportRuns, importRunFiles, importRuns } from './transfer';

let [here, there] = [new MemoryDirectory(), new MemoryDirectory()];
const openHere = async (): Promise<MemoryDirectory> => here;
const openThere = async (): Promise<MemoryDirectory> => there;
const stores = (): RunStore[] => [new RunStore(openHere), new RunStore(openThere)];

beforeEach(async () => {
  [here, there] = [new MemoryDirectory({ sync: true, move: true }), new MemoryDirectory()];
  const store = new RunStore(openHere);
  for (const id of ['r1', 'r2']) await store.createRun(sampleInfo(id), sampleRequest(id));
  await store.appendSteps('r1', [sampleStep(1), sampleStep(2)]);
  await store.appendEvaluation('r1', sampleEvaluation(0));
  await store.saveState('r1', 1, sampleTensors(1));
  await store.saveState('r1', 2, sampleTensors(2));
  await store.saveBest('r1', 2, sampleTensors(3));
});

it('runs go to another machine with all they need', async () => {
  const { runs, photos, problems } = await exportRuns(openHere);
  expect([problems, photos.length]).toEqual([[], 2]);
  expect(await importRuns(runs, photos, openThere)).toEqual({ kept: runs.map(({ id }) => id), problems: [] });
  const [a, b] = stores() as [RunStore, RunStore];
  expect(await b.listRuns()).toEqual(await a.listRuns());
  expect(await b.readLog('r1')).toEqual(await a.readLog('r1'));
  expect((await b.loadState('r1'))!.tensors.get('decoder.weight')!.data[0]).toBe(2);
  expect((await b.loadBest('r1'))!.tensors.get('decoder.weight')!.data[0]).toBe(3);
  expect((await b.readRequest('r2')).data.images.map(({ name }) => name)).toEqual(['a.jpg', 'b.jpg', 'copy of a.jpg']);
  expect(await listKept(openThere)).toEqual(await listKept(openHere));
});

it('a run that is there stays as it is', async () => {
  const { runs, photos } = await exportRuns(openHere);
  await importRuns(runs, photos, openThere);
  await new RunStore(openThere).updateInfo(sampleInfo('r1', { step: 99 }));
  expect(await importRuns(runs, photos, openThere)).toEqual({ kept: [], problems: [] });
  expect((await new RunStore(openThere).readInfo('r1')).step).toBe(99);
});

it('a damaged run is a problem, a full disk too; the others are kept, and strange files are not', async () => {
  const { runs, photos } = await exportRuns(openHere);
  const [good, bad] = runs as [(typeof runs)[0], (typeof runs)[0]];
  const damaged = { ...bad, files: new Map([...bad.files, ['info.json', new Blob(['{"id":'])] as const]) };
  const strange = { ...good, files: new Map([...good.files, ['../x', new Blob(['x'])] as const]) };
  const { kept, problems } = await importRuns([damaged, strange], photos, openThere);
  expect([kept, problems.map(({ code, subject }) => [code, subject])]).toEqual([
    [good.id],
    [['storage', `${bad.id}/info.json`]],
  ]);
  expect(Object.keys(there.files()).filter((path) => path.includes('x'))).toEqual([]);
  there = new MemoryDirectory({ quota: 2500 });
  await expect(
    importRunFiles(
      runs.find(({ id }) => id === 'r1')!,
      openThere,
    ),
  ).rejects.toMatchObject({
    detail: { code: 'storage' },
  });
  expect(there.files()).toEqual({});
  await expect(importRunFiles({ id: 'x', files: new Map() }, openThere)).rejects.toThrow(
    'x: expected info.json and request.json of the run, got no file',
  );
});
