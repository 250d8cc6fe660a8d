import { beforeEach, describe, expect, it } from 'vitest';
import type { PixelXyxy } from '../lib/boxes';
import type { ImageDetections } from '../lib/types';
import {
  acceptPredictions,
  addLabel,
  boxesOfCurrent,
  chooseClass,
  duplicateSelected,
  openPredictions,
  removeSelected,
  repeatPrevious,
  switchMode,
  type Stores,
} from './label-actions';
import { createLabelStore, type LabelBox } from './labels';
import { createAppStore } from './store';

/** 200 x 100 px: query 0 a cat on [20, 20, 60, 60] (and, weaker, a dog), query 1 a dog on [120, 30, 160, 70], query 2 weak. */
const RESULT: ImageDetections = {
  model: 'm',
  width: 200,
  height: 100,
  layers: [
    {
      layer: 1,
      boxes: Float32Array.of(0.2, 0.4, 0.2, 0.4, 0.7, 0.5, 0.2, 0.4, 0.5, 0.5, 0.1, 0.1),
      query: Int32Array.of(0, 1, 0, 2),
      label: Int32Array.of(0, 1, 1, 0),
      score: Float32Array.of(0.9, 0.8, 0.5, 0.1),
    },
  ],
  ms: { decode: 0, resize: 0, model: 0, post: 0 },
  retries: 0,
};

let stores: Stores;
const boxes = (): readonly LabelBox[] => boxesOfCurrent(stores.app.getState(), stores.labels.getState());
const nameOf = ({ classId }: LabelBox): string | undefined =>
  stores.labels.getState().classes.find(({ id }) => id === classId)?.name;
const rounded = ({ box }: LabelBox): number[] => box.map((edge) => Math.round(edge * 1e3) / 1e3);

beforeEach(() => {
  const app = createAppStore({ getItem: () => null, setItem: () => undefined, removeItem: () => undefined });
  for (const id of ['first', 'second']) {
    app.getState().addImage({ id, name: `${id}.jpg`, origin: 'file', status: 'waiting', width: 200, height: 100 });
  }
  app.getState().learnClassNames('m', ['cat', 'dog']);
  app.getState().setResult('first', RESULT);
  stores = { app, labels: createLabelStore() };
});

describe('predictions', () => {
  it('are those above the threshold, every query once, hidden classes left out', () => {
    const open = openPredictions(stores.app.getState(), []);
    expect(open.map(({ query, name }) => [query, name])).toEqual([
      [0, 'cat'],
      [1, 'dog'],
    ]);
    stores.app.getState().toggleClass('dog');
    expect(openPredictions(stores.app.getState(), []).map(({ query }) => query)).toEqual([0]);
  });

  it('become labels of their class, as one step, and are no longer open', () => {
    expect(acceptPredictions(stores)).toBe(2);
    expect(boxes().map((box) => [nameOf(box), box.origin, rounded(box)])).toEqual([
      ['cat', 'model', [20, 20, 60, 60]],
      ['dog', 'model', [120, 30, 160, 70]],
    ]);
    expect(acceptPredictions(stores)).toBe(0);
    stores.labels.getState().undo();
    expect(boxes()).toEqual([]);
    expect(stores.labels.getState().classes).toEqual([]);
  });

  it('are left out where a label of any class overlaps by more than 0.7', () => {
    const bird = stores.labels.getState().addClass('bird');
    // IoU with the cat 36 / 40 = 0.9, with the dog 20 / 40 = 0.5.
    stores.labels.getState().addBox('first', [24, 20, 60, 60], bird);
    stores.labels.getState().addBox('first', [140, 30, 160, 70], bird);
    expect(openPredictions(stores.app.getState(), boxes()).map(({ query }) => query)).toEqual([1]);
    expect(acceptPredictions(stores)).toBe(1);
  });

  it('can be accepted one by one; the label is selected', () => {
    stores.app.getState().selectQuery(1);
    expect(acceptPredictions(stores, 1)).toBe(1);
    expect(boxes().map(nameOf)).toEqual(['dog']);
    expect(stores.labels.getState().selectedBox).toBe(boxes()[0]!.id);
    expect(stores.app.getState().selectedQuery).toBeNull();
  });
});

describe('drawing', () => {
  const BOX: PixelXyxy = [10, 10, 50, 40];

  it('makes a class for the first box, and both are one step', () => {
    addLabel(stores, BOX, 'object');
    expect(boxes().map((box) => [nameOf(box), rounded(box)])).toEqual([['object', [10, 10, 50, 40]]]);
    expect(stores.labels.getState().selectedBox).toBe(boxes()[0]!.id);
    stores.labels.getState().undo();
    expect(stores.labels.getState().classes).toEqual([]);
    stores.labels.getState().redo();
    expect(boxes()).toHaveLength(1);
  });

  it('takes the active class, or the one that is asked for', () => {
    const [cat, dog] = [stores.labels.getState().addClass('cat'), stores.labels.getState().addClass('dog')];
    stores.labels.getState().setActiveClass(dog);
    addLabel(stores, BOX, 'object');
    addLabel(stores, BOX, 'object', cat);
    expect(boxes().map(nameOf)).toEqual(['dog', 'cat']);
  });

  it('duplicates beside the box and removes what is selected', () => {
    addLabel(stores, [160, 70, 200, 100], 'object');
    duplicateSelected(stores, 'object');
    expect(boxes().map(rounded)).toEqual([
      [160, 70, 200, 100],
      [148, 58, 188, 88],
    ]);
    removeSelected(stores);
    expect(boxes().map(rounded)).toEqual([[160, 70, 200, 100]]);
  });
});

describe('classes', () => {
  it('go to the selected box, else to the next one; an unchanged class is no step', () => {
    const [cat, dog] = [stores.labels.getState().addClass('cat'), stores.labels.getState().addClass('dog')];
    chooseClass(stores, dog);
    expect(stores.labels.getState().activeClass).toBe(dog);
    addLabel(stores, [0, 0, 9, 9], 'object');
    chooseClass(stores, cat);
    expect(boxes().map(nameOf)).toEqual(['cat']);
    expect(stores.labels.getState().activeClass).toBe(dog);
    chooseClass(stores, cat);
    stores.labels.getState().undo();
    expect(boxes().map(nameOf)).toEqual(['dog']);
    chooseClass(stores, cat, true);
    expect(stores.labels.getState().activeClass).toBe(cat);
  });
});

describe('repeatPrevious', () => {
  it('copies the boxes of the image before into this one, once', () => {
    acceptPredictions(stores);
    addLabel(stores, [150, 50, 200, 100], 'object');
    stores.app.getState().showImage('second');
    stores.app.setState(({ images }) => ({
      images: images.map((item) => (item.id === 'second' ? { ...item, width: 170, height: 90 } : item)),
    }));
    repeatPrevious(stores);
    repeatPrevious(stores);
    expect(boxes().map(rounded)).toEqual([
      [20, 20, 60, 60],
      [120, 30, 160, 70],
      [150, 50, 170, 90],
    ]);
    stores.labels.getState().undo();
    expect(boxes()).toEqual([]);
  });

  it('does nothing on the first image', () => {
    repeatPrevious(stores);
    expect(stores.labels.getState().canUndo).toBe(false);
  });
});

it('switching the mode ends what was followed and played', () => {
  stores.app.getState().selectQuery(1);
  stores.app.getState().setPlaying(true);
  switchMode(stores, 'label');
  const { selectedQuery, playing } = stores.app.getState();
  expect([stores.labels.getState().mode, selectedQuery, playing]).toEqual(['label', null, false]);
});
