/** A session written by one page and opened by another, through the real archive. */
import { beforeEach, describe, expect, it } from 'vitest';
import { exportRuns, importRuns } from '../data/runs/transfer';
import { RunStore } from '../data/runs/store';
import { sampleInfo, sampleRequest, sampleTensors } from '../data/runs/testing/sample-run';
import { readSession } from '../data/session/read-session';
import { writeSession } from '../data/session/write-session';
import type { LabelSet } from '../data/annotations/types';
import { MemoryDirectory } from '../data/testing/memory-directory';
import type { PixelXyxy } from '../lib/boxes';
import { createLabelStore } from '../state/labels';
import { Pictures } from '../state/pictures';
import { createSessionFile } from './session-file';
import type { SessionPorts } from './session-types';
import { freshStore } from './testing/fakes';

const BOX: PixelXyxy = [1.25, 2, 30.5, 40];
const OTHER: PixelXyxy = [3, 3, 9, 9];
const [FIRST, SECOND] = ['image-00000000000000aa', 'image-00000000000000bb'] as const;

function page(disk = new MemoryDirectory()) {
  const [store, labels] = [freshStore(), createLabelStore()];
  const pictures = new Pictures(() => Promise.reject(new Error('not here')));
  const open = async (): Promise<MemoryDirectory> => disk;
  const session: SessionPorts = {
    write: (saved, work) => writeSession({ ...saved, labels: saved.labels as LabelSet }, work),
    read: async (file, name, work) => {
      const { parts, problems } = await readSession(file, name, work);
      return { session: parts, problems };
    },
    exportRuns: () => exportRuns(open),
    importRuns: ({ runs, photos }) => importRuns(runs, photos, open),
  };
  const add = (id: string, name: string, text: string): void => {
    pictures.add(id, new Blob([text]));
    store.getState().addImage({ id, name, origin: 'file', status: 'waiting', width: 100, height: 80 });
  };
  let runsSeen = 0;
  const file = createSessionFile({
    ...{ store, labels, pictures, ports: { session } },
    addKept: ({ id, name, width, height }, blob) => {
      pictures.add(id, blob);
      store.getState().addImage({ id, name, origin: 'file', status: 'waiting', width, height });
    },
    onImage: () => undefined,
    whenKept: async () => undefined,
    onRuns: async () => void (runsSeen += 1),
  });
  const state = () => labels.getState();
  const names = () => store.getState().images.map(({ name }) => name);
  return { store, labels, state, pictures, add, file, open, names, runsSeen: () => runsSeen };
}

type Page = ReturnType<typeof page>;

/** Two photos of the same name, both labelled, classes with a colour, a split by hand, a kept run with its best weights. */
async function full(): Promise<Page> {
  const one = page();
  one.add(FIRST, 'photos/a.jpg', 'photo a');
  one.add(SECOND, 'photos/a.jpg', 'another photo');
  const [cat, dog] = [one.state().addClass('cat'), one.state().addClass('dog')];
  one.state().recolourClass(dog, 5);
  one.state().addBox(FIRST, BOX, dog);
  one.state().acceptBoxes(FIRST, [{ box: OTHER, classId: cat }]);
  one.state().setReviewed(SECOND, true);
  one.state().setSplit(SECOND, 'val');
  one.store.getState().setThreshold(0.42);
  one.store.getState().showImage(SECOND);
  const runs = new RunStore(one.open);
  await runs.createRun(sampleInfo('r1'), sampleRequest('r1'));
  await runs.saveBest('r1', 1, sampleTensors(2));
  return one;
}

const plainItem = ({ state }: Page, id: string) => {
  const { items, classes } = state();
  const nameOf = (classId: string) => classes.find((each) => each.id === classId)!.name;
  const { boxes, reviewed } = items[id]!;
  return { reviewed, boxes: boxes.map(({ classId, box, origin }) => [nameOf(classId), box, origin]) };
};

let from: Page;
let zip: Blob;
beforeEach(async () => {
  from = await full();
  zip = await from.file.write();
});

describe('a session', () => {
  it('is all there on a page that had nothing', async () => {
    const to = page();
    expect(await to.file.read(zip, 'session.zip')).toEqual({ images: 2, runs: 1, problems: [] });
    expect(to.names()).toEqual(['photos/a.jpg', 'photos/a.jpg']);
    for (const id of [FIRST, SECOND]) expect(plainItem(to, id)).toEqual(plainItem(from, id));
    expect(await to.pictures.blob(SECOND)!.text()).toBe('another photo');
    expect(to.state().classes.map(({ name, colour }) => [name, colour])).toEqual([
      ['cat', null],
      ['dog', 5],
    ]);
    expect(to.state().splits).toEqual({ [SECOND]: 'val' });
    expect(to.store.getState()).toMatchObject({ threshold: 0.42, currentImage: SECOND, sessionWork: null });
    const runs = new RunStore(to.open);
    expect((await runs.loadBest('r1'))!.step).toBe(1);
    expect(to.runsSeen()).toBe(1);
  });

  it('joins what is here: a photo that is here is one, its labels stay, and that is said', async () => {
    const to = page();
    to.add('mine', 'elsewhere.jpg', 'photo a');
    const bird = to.state().addClass('bird');
    to.state().recolourClass(to.state().addClass('dog'), 2);
    to.state().addBox('mine', OTHER, bird);
    const { images, problems } = await to.file.read(zip, 'session.zip');
    expect([images, problems.map(({ subject }) => subject)]).toEqual([2, ['photos/a.jpg']]);
    expect(to.store.getState().refusals).toEqual(problems);
    expect(to.names()).toEqual(['elsewhere.jpg', 'photos/a.jpg']);
    expect(plainItem(to, 'mine').boxes).toEqual([['bird', OTHER, 'drawn']]);
    expect(plainItem(to, SECOND)).toEqual({ reviewed: true, boxes: [] });
    expect(to.state().classes.map(({ name, colour }) => [name, colour])).toEqual([
      ['bird', null],
      ['dog', 2],
      ['cat', null],
    ]);
  });

  it('opened twice changes nothing and says nothing', async () => {
    const to = page();
    await to.file.read(zip, 'session.zip');
    const before = to.state().items;
    expect(await to.file.read(zip, 'session.zip')).toEqual({ images: 2, runs: 0, problems: [] });
    expect(to.names()).toHaveLength(2);
    expect(to.state().items).toBe(before);
  });

  it('that is another file is refused by its name; work that is cancelled leaves no trace', async () => {
    const to = page();
    await to.file.open(new File(['no archive'], 'x.zip'));
    expect(to.store.getState().refusals).toMatchObject([{ code: 'storage', subject: 'x.zip' }]);
    to.store.getState().dismissRefusals();
    const opening = to.file.open(new File([zip], 'y.zip'));
    expect(to.store.getState().sessionWork).toEqual({ kind: 'opening', done: 0, total: 0 });
    to.file.cancel();
    await opening;
    expect([to.names(), to.store.getState().refusals, to.store.getState().sessionWork]).toEqual([[], [], null]);
  });

  it('waits for no other: a second one at the same time is refused', async () => {
    const first = from.file.write();
    await expect(from.file.read(zip, 'session.zip')).rejects.toMatchObject({ detail: { code: 'unsupported' } });
    expect((await first).size).toBeGreaterThan(0);
  });
});
