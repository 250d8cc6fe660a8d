import { describe, expect, it } from 'vitest';
import { DetectorError } from '../lib/errors';
import { createLabelStore } from '../state/labels';
import { labelDataOf } from '../state/labels-data';
import { Pictures } from '../state/pictures';
import { createPersistence } from './persistence';
import { UNLABELLED_BOUND } from './persistence-images';
import { freshStore } from './testing/fakes';
import { memoryKept, memoryStorage, type MemoryStorage } from './testing/memory-kept';

/** One visit of the page over a storage that outlives it. */
function visit(storage: MemoryStorage, kept = memoryKept(storage)) {
  const store = freshStore();
  const labels = createLabelStore();
  const pictures = new Pictures(() => Promise.reject(new Error('not here')));
  const texts: Record<string, string> = {};
  const add = (id: string, blob = new Blob([id]), origin: 'file' | 'sample' = 'file', name = `${id}.jpg`): void => {
    pictures.add(id, blob);
    store.getState().addImage({ id, name, origin, status: 'waiting', width: 0, height: 0 });
  };
  const persistence = createPersistence({
    store,
    labels,
    pictures,
    kept,
    addKept: ({ id, name, origin, width, height }, blob) => {
      pictures.add(id, blob);
      store.getState().addImage({ id, name, origin, status: 'waiting', width, height });
    },
    addSample: async (name) => add(`sample-${name}`, new Blob(['sample']), 'sample', `${name}.jpg`),
    onTexts: (found) => void Object.assign(texts, found),
  });
  const remove = (id: string): void => {
    pictures.remove(id);
    store.getState().removeImage(id);
    labels.getState().forgetImages([id]);
  };
  return { store, labels, pictures, persistence, texts, add, remove };
}

type Visit = ReturnType<typeof visit>;
const names = ({ store }: Visit) => store.getState().images.map(({ name }) => name);
const faults = ({ store }: Visit) =>
  store.getState().notices.flatMap((notice) => (notice.kind === 'fault' ? [notice.error] : []));

describe('a visit', () => {
  it('begins where the last one ended: images in order, labels, classes, splits, the image and the mode', async () => {
    const storage = memoryStorage();
    const first = visit(storage);
    expect(await first.persistence.restore()).toBe(false);
    first.add('sample-cat', new Blob(['sample']), 'sample', 'cat.jpg');
    first.add('b');
    first.add('a');
    first.store.getState().setImageSize('a', 30, 20);
    const { addClass, addBox, setReviewed, setSplit, setMode, recolourClass } = first.labels.getState();
    const cat = addClass('cat');
    recolourClass(cat, 4);
    addBox('a', [1, 2, 3, 4.5], cat);
    addBox('sample-cat', [0, 0, 9, 9], cat);
    setReviewed('b', true);
    setSplit('b', 'val');
    setMode('label');
    first.store.getState().showImage('a');
    first.store.getState().setSplitChoices({ few: ['a'] });
    first.persistence.keepTexts({ 'x.xml': '<annotation/>' });
    await first.persistence.settled();

    const next = visit(storage);
    expect(await next.persistence.restore()).toBe(true);
    expect(names(next)).toEqual(['cat.jpg', 'b.jpg', 'a.jpg']);
    expect(next.store.getState().images[2]).toMatchObject({ id: 'a', width: 30, height: 20 });
    expect(await next.pictures.blob('a')!.text()).toBe('a');
    expect(labelDataOf(next.labels.getState())).toEqual(labelDataOf(first.labels.getState()));
    expect(next.labels.getState()).toMatchObject({ mode: 'label', activeClass: cat, canUndo: false });
    expect(next.store.getState()).toMatchObject({ currentImage: 'a', splitChoices: { few: ['a'] } });
    expect(next.texts).toEqual({ 'x.xml': '<annotation/>' });
    expect(storage.bytes.size).toBe(2);
    expect(storage.persisted).toBe(1);
  });

  it('that is killed loses nothing that was confirmed', async () => {
    const storage = memoryStorage();
    const first = visit(storage);
    await first.persistence.restore();
    first.add('a');
    await first.persistence.settled();
    const cat = first.labels.getState().addClass('cat');
    const box = first.labels.getState().addBox('a', [0, 0, 4, 4], cat);
    // Nothing is awaited here: the write has begun.
    expect(storage.writes.at(-1)!.items!['a']!.boxes[0]!.id).toBe(box);
    first.labels.getState().undo();
    expect(storage.items['a'] ?? { boxes: [] }).toMatchObject({ boxes: [] });
  });

  it('keeps an image that is labelled before those that came earlier, in its own place', async () => {
    const storage = memoryStorage();
    const page = visit(storage);
    await page.persistence.restore();
    for (const id of ['a', 'b', 'c', 'd']) page.add(id);
    page.labels.getState().addBox('d', [0, 0, 4, 4], page.labels.getState().addClass('cat'));
    await page.persistence.settled();
    const order = storage.writes.flatMap(({ images }) => Object.keys(images ?? {}));
    expect(order).toEqual(['d', 'a', 'b', 'c']);
    const next = visit(storage);
    await next.persistence.restore();
    expect(names(next)).toEqual(['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg']);
  });

  it('writes a drag once, at its end, and only the image that it changed', async () => {
    const storage = memoryStorage();
    const page = visit(storage);
    await page.persistence.restore();
    page.add('a');
    page.add('b');
    const { addClass, addBox, beginGesture, updateBox, endGesture } = page.labels.getState();
    const cat = addClass('cat');
    addBox('b', [0, 0, 4, 4], cat);
    const box = addBox('a', [0, 0, 4, 4], cat);
    await page.persistence.settled();
    const before = storage.writes.length;
    beginGesture();
    for (let x = 1; x < 20; x++) updateBox('a', box, { box: [x, 0, x + 4, 4] });
    expect(storage.writes).toHaveLength(before);
    endGesture();
    expect(storage.writes).toHaveLength(before + 1);
    expect(Object.keys(storage.writes.at(-1)!.items!)).toEqual(['a']);
    expect(storage.items['a']!.boxes[0]!.box[0]).toBe(19);
  });

  it('removes bytes with their last image, unless a run needs them', async () => {
    const storage = memoryStorage();
    const page = visit(storage);
    await page.persistence.restore();
    page.add('a', new Blob(['same']));
    page.add('b', new Blob(['same']));
    page.add('c', new Blob(['run']));
    page.labels.getState().setReviewed('a', true);
    await page.persistence.settled();
    storage.inRuns.add('hash of run');
    page.remove('a');
    page.remove('c');
    await page.persistence.settled();
    expect([...storage.bytes.keys()].sort()).toEqual(['hash of run', 'hash of same']);
    expect(storage.items).toEqual({});
    page.remove('b');
    await page.persistence.settled();
    expect([...storage.bytes.keys()]).toEqual(['hash of run']);
    expect(storage.images).toEqual({});
  });

  it('leaves nothing of an image that went away while it was kept', async () => {
    const storage = memoryStorage();
    const page = visit(storage);
    await page.persistence.restore();
    page.add('a');
    page.remove('a');
    await page.persistence.settled();
    expect([storage.images, storage.bytes.size]).toEqual([{}, 0]);
  });

  it('names an image whose bytes are gone and goes on', async () => {
    const storage = memoryStorage();
    const first = visit(storage);
    await first.persistence.restore();
    first.add('a');
    first.add('b');
    await first.persistence.settled();
    storage.bytes.delete('hash of a');
    const next = visit(storage);
    await next.persistence.restore();
    expect(names(next)).toEqual(['b.jpg']);
    expect(next.store.getState().refusals[0]).toMatchObject({ code: 'storage', subject: 'a.jpg' });
  });
});

describe('trouble', () => {
  it('with the storage is one notice, and the session goes on; when there is room again all of it is kept', async () => {
    const storage = memoryStorage();
    const page = visit(storage);
    await page.persistence.restore();
    page.add('a');
    await page.persistence.settled();
    storage.failure = new DetectorError('storage', 'labels', 'the browser’s storage has no room for it');
    const cat = page.labels.getState().addClass('cat');
    page.labels.getState().addBox('a', [0, 0, 4, 4], cat);
    page.labels.getState().addBox('a', [0, 0, 5, 5], cat);
    page.add('b');
    page.labels.getState().setReviewed('b', true);
    await page.persistence.settled();
    expect(faults(page).map(({ message }) => message)).toEqual(['the browser’s storage has no room for it']);
    expect(page.labels.getState().items['a']!.boxes).toHaveLength(2);
    storage.failure = null;
    page.labels.getState().addBox('a', [0, 0, 6, 6], cat);
    await page.persistence.settled();
    expect(storage.items['a']!.boxes).toHaveLength(3);
    expect(storage.values.classes).toEqual(page.labels.getState().classes);
    page.labels.getState().addBox('a', [0, 0, 7, 7], cat);
    await page.persistence.settled();
    expect(Object.keys(storage.images)).toEqual(['a', 'b']);
    expect(storage.items['b']!.reviewed).toBe(true);
  });

  it('with what was kept leaves it as it is', async () => {
    const storage = memoryStorage();
    storage.items['a'] = 5 as never;
    storage.values.classes = 7 as never;
    const page = visit(storage);
    await page.persistence.restore();
    expect(faults(page)).toHaveLength(1);
    page.add('b');
    await page.persistence.settled();
    expect(storage.writes).toEqual([]);
  });

  it('at the start leaves an empty page that works', async () => {
    const storage = memoryStorage();
    storage.failure = new DetectorError('storage', 'labels', 'the browser gives this page no private storage');
    const page = visit(storage);
    expect(await page.persistence.restore()).toBe(false);
    page.add('a');
    page.labels.getState().setReviewed('a', true);
    await page.persistence.settled();
    expect(faults(page)).toHaveLength(1);
    expect(page.labels.getState().items['a']!.reviewed).toBe(true);
  });

  it('a second tab says that it keeps nothing', async () => {
    const storage = memoryStorage();
    const page = visit(storage, { ...memoryKept(storage), open: async () => null });
    expect(await page.persistence.restore()).toBe(false);
    expect(faults(page)[0]!.message).toMatch(/another tab/);
    page.add('a');
    page.labels.getState().setReviewed('a', true);
    await page.persistence.settled();
    expect(storage.writes).toEqual([]);
  });

  it('images without labels are kept up to a bound, labelled ones beyond it', async () => {
    const storage = memoryStorage();
    const page = visit(storage);
    await page.persistence.restore();
    for (let index = 0; index < UNLABELLED_BOUND.images + 2; index++) page.add(`image-${index}`);
    await page.persistence.settled();
    expect(storage.bytes.size).toBe(UNLABELLED_BOUND.images);
    expect(faults(page)).toHaveLength(1);
    page.labels.getState().setReviewed(`image-${UNLABELLED_BOUND.images + 1}`, true);
    await page.persistence.settled();
    expect(storage.bytes.size).toBe(UNLABELLED_BOUND.images + 1);
  });
});
