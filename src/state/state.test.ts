import { describe, expect, it } from 'vitest';
import { twoQueries } from '../lib/testing/detections';
import type { ModelInfo } from '../lib/types';
import type { ImageItem } from './images';
import { classNameOf } from './model';
import { unpackStored } from './samples';
import { currentNames, layerCount, wholeLayer } from './select';
import { createAppStore, type AppStore } from './store';

function memoryStorage(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> & { kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

const image = (id: string, change: Partial<ImageItem> = {}): ImageItem => ({
  id,
  name: `${id}.jpg`,
  origin: 'file',
  status: 'waiting',
  width: 0,
  height: 0,
  ...change,
});

function storeWith(...ids: string[]): AppStore {
  const store = createAppStore(memoryStorage());
  for (const id of ids) store.getState().addImage(image(id));
  return store;
}

const INFO: ModelInfo = {
  id: 'm',
  name: 'M',
  family: 'deimv2',
  source: 'files',
  classes: ['cat', 'dog'],
  layers: 2,
  queries: 2,
  parameters: 10,
  inputSize: [64, 96],
};

describe('images', () => {
  it('shows the first image and, when it goes, its neighbour', () => {
    const store = storeWith('a', 'b', 'c');
    expect(store.getState().currentImage).toBe('a');
    store.getState().showImage('c');
    store.getState().removeImage('c');
    expect(store.getState().currentImage).toBe('b');
    store.getState().removeImage('a');
    expect(store.getState().currentImage).toBe('b');
    store.getState().removeImage('b');
    expect(store.getState().currentImage).toBeNull();
    store.getState().removeImage('b');
    store.getState().showImage('b');
    expect(store.getState().currentImage).toBeNull();
  });

  it('steps through the strip and stops at its ends', () => {
    const store = storeWith('a', 'b');
    store.getState().stepImage(-1);
    expect(store.getState().currentImage).toBe('a');
    store.getState().stepImage(5);
    expect(store.getState().currentImage).toBe('b');
  });

  it('keeps a result with its size, and a live one against a stored one', () => {
    const store = storeWith('a');
    store.getState().setResult('a', twoQueries(), true);
    expect(store.getState().images[0]).toMatchObject({ status: 'stored', width: 200, height: 100 });
    const live = twoQueries();
    store.getState().setResult('a', live);
    store.getState().setResult('a', twoQueries(), true);
    expect(store.getState().results['a']).toBe(live);
    expect(store.getState().images[0]!.status).toBe('done');
    store.getState().setResult('gone', live);
    expect(Object.keys(store.getState().results)).toEqual(['a']);
    store.getState().removeImage('a');
    expect(store.getState().results).toEqual({});
  });

  it('forgets an error when the image is tried again', () => {
    const store = storeWith('a');
    store.getState().setImageStatus('a', 'failed', { code: 'image', subject: 'a.jpg', message: 'is broken' });
    expect(store.getState().images[0]!.error?.message).toBe('is broken');
    store.getState().setImageStatus('a', 'detecting');
    expect(store.getState().images[0]).not.toHaveProperty('error');
  });

  it('lists refusals until they are dismissed', () => {
    const store = storeWith();
    for (const subject of ['x', 'y', 'z']) store.getState().refuse({ code: 'image', subject, message: 'no' });
    store.getState().dismissRefusal(1);
    expect(store.getState().refusals.map(({ subject }) => subject)).toEqual(['x', 'z']);
    store.getState().dismissRefusals();
    expect(store.getState().refusals).toEqual([]);
  });
});

describe('model', () => {
  it('follows one load and ignores the words of an older one', () => {
    const store = storeWith();
    store.getState().startLoading('old', 'job-1');
    store.getState().startLoading('new', 'job-2');
    store.getState().setLoadProgress('job-1', { stage: 'read', done: 1, total: 2, unit: 'bytes' });
    expect(store.getState().modelLoading).toMatchObject({ name: 'new', progress: null });
    store.getState().failLoading('job-1', { code: 'network', subject: 'old', message: 'gone' });
    expect(store.getState().modelError).toBeNull();
    store.getState().setModel('job-2', INFO);
    expect(store.getState()).toMatchObject({
      modelLoading: null,
      modelChoice: { kind: 'cached', id: 'm' },
      model: INFO,
    });
  });

  it('keeps the model before when a load fails', () => {
    const store = storeWith();
    store.getState().setModel('job', INFO);
    store.getState().startLoading('bad', 'job-2');
    store.getState().failLoading('job-2', { code: 'checkpoint', subject: 'bad', message: 'is empty' });
    expect(store.getState().model).toBe(INFO);
    expect(store.getState().modelError?.subject).toBe('bad');
  });

  it('names classes by number until their names are known, and live names win', () => {
    expect(classNameOf(undefined, 3)).toBe('class 3');
    expect(classNameOf(['a'], 3)).toBe('class 3');
    const store = storeWith('a');
    store.getState().setResult('a', twoQueries());
    expect(currentNames(store.getState())).toEqual([]);
    store.getState().setModel('job', INFO);
    store.getState().learnClassNames('m', ['stored']);
    expect(currentNames(store.getState())).toEqual(['cat', 'dog']);
  });
});

describe('view', () => {
  it('keeps the threshold in range and refuses what is no number', () => {
    const { getState } = storeWith();
    getState().setThreshold(2);
    expect(getState().threshold).toBe(0.99);
    getState().setThreshold(-1);
    expect(getState().threshold).toBe(0.01);
    getState().setThreshold(Number.NaN);
    expect(getState().threshold).toBe(0.01);
  });

  it('hides classes one by one, shows one alone, and all again', () => {
    const { getState } = storeWith();
    getState().toggleClass('cat');
    getState().toggleClass('dog');
    getState().toggleClass('cat');
    expect(getState().hiddenClasses).toEqual(['dog']);
    getState().soloClass('cat', ['cat', 'dog', 'bird']);
    expect(getState().hiddenClasses).toEqual(['dog', 'bird']);
    getState().soloClass('cat', ['cat', 'dog', 'bird']);
    expect(getState().hiddenClasses).toEqual([]);
  });

  it('takes the layer position for any number of layers', () => {
    const store = storeWith('a');
    expect([layerCount(store.getState()), wholeLayer(store.getState())]).toEqual([0, 0]);
    store.getState().setResult('a', twoQueries());
    expect(wholeLayer(store.getState())).toBe(2);
    store.getState().setLayerPosition(0.6);
    expect(wholeLayer(store.getState())).toBe(1);
    store.getState().setLayerPosition(40);
    expect(wholeLayer(store.getState())).toBe(2);
  });
});

describe('notices', () => {
  it('has one of a kind, under ids that differ', () => {
    const { getState } = storeWith();
    const first = getState().notify({ kind: 'lost', reason: 'one' });
    const second = getState().notify({ kind: 'saved', what: 'x' });
    const third = getState().notify({ kind: 'lost', reason: 'two' });
    expect(new Set([first, second, third]).size).toBe(3);
    expect(getState().notices.map(({ kind }) => kind)).toEqual(['saved', 'lost']);
    getState().dismissNotice(third);
    expect(getState().notices.map(({ id }) => id)).toEqual([second]);
  });
});

describe('what is kept between visits', () => {
  it('is the choices, not the images', () => {
    const storage = memoryStorage();
    const store = createAppStore(storage);
    store.getState().addImage(image('a'));
    store.getState().setThreshold(0.31);
    store.getState().setTheme('dark');
    store.getState().setSideWidth(4000);
    store.getState().setModel('job', INFO);
    const next = createAppStore(storage).getState();
    expect(next).toMatchObject({
      threshold: 0.31,
      theme: 'dark',
      sideWidth: 640,
      modelChoice: { kind: 'cached', id: 'm' },
    });
    expect(next.images).toEqual([]);
    expect(next.model).toBeNull();
  });
});

describe('stored detections', () => {
  it('unpack to the same values', () => {
    const result = unpackStored({
      model: 'stepdetr_s',
      width: 20,
      height: 10,
      layers: [{ layer: 'select', boxes: [[0.5, 0.25, 1, 0.5]], query: [0], label: [7], score: [0.5] }],
    });
    expect([...result.layers[0]!.boxes]).toEqual([0.5, 0.25, 1, 0.5]);
    expect(result.layers[0]!.label[0]).toBe(7);
    expect(result.width).toBe(20);
  });
});
