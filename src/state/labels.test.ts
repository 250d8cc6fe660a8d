import { beforeEach, describe, expect, it } from 'vitest';
import type { PixelXyxy } from '../lib/boxes';
import { labelDataOf, NO_LABELS, type LabelData } from './labels-data';
import { createLabelStore, effectiveSplits, type LabelStore } from './labels';

const BOX: PixelXyxy = [10, 20, 30.5, 40.25];
const OTHER: PixelXyxy = [0, 0, 5, 5];

let store: LabelStore;
const state = () => store.getState();
const boxes = (image: string) => state().items[image]?.boxes ?? [];
beforeEach(() => {
  store = createLabelStore();
});

describe('boxes', () => {
  it('are added, changed, copied and removed', () => {
    const cat = state().addClass('cat');
    const dog = state().addClass('dog');
    const first = state().addBox('a', BOX, cat);
    state().updateBox('a', first, { box: OTHER, classId: dog, difficult: true });
    expect(boxes('a')).toEqual([{ id: first, classId: dog, box: OTHER, origin: 'drawn', difficult: true }]);
    const copy = state().duplicateBox('a', first)!;
    expect(state().selectedBox).toBe(copy);
    expect(boxes('a')[1]).toEqual({ id: copy, classId: dog, box: [12, 12, 17, 17], origin: 'drawn' });
    state().removeBox('a', copy);
    expect(boxes('a').map(({ id }) => id)).toEqual([first]);
    expect(state().selectedBox).toBeNull();
    expect(state().duplicateBox('a', 'gone')).toBeNull();
  });

  it('of a model are accepted as one step, and repeated on the next image under their own ids', () => {
    const cat = state().addClass('cat');
    const ids = state().acceptBoxes('a', [
      { box: BOX, classId: cat },
      { box: OTHER, classId: cat, origin: 'import' },
    ]);
    expect(boxes('a').map(({ id, origin }) => [id, origin])).toEqual([
      [ids[0], 'model'],
      [ids[1], 'import'],
    ]);
    state().repeatPrevious('b', 'a');
    expect(boxes('b').map(({ box, origin }) => [box, origin])).toEqual([
      [BOX, 'drawn'],
      [OTHER, 'drawn'],
    ]);
    expect(new Set([...boxes('a'), ...boxes('b')].map(({ id }) => id)).size).toBe(4);
    state().undo();
    state().undo();
    expect(boxes('a')).toEqual([]);
  });

  it('go with a cleared image, and so does its mark', () => {
    state().addBox('a', BOX, state().addClass('cat'));
    state().setReviewed('a', true);
    state().clearImage('a');
    expect(state().items['a']).toEqual({ boxes: [], reviewed: false });
  });
});

describe('classes', () => {
  it('have one id a name, blanks left out', () => {
    const cat = state().addClass('cat');
    expect(state().addClass(' cat ')).toBe(cat);
    expect(state().classes).toEqual([{ id: cat, name: 'cat', colour: null }]);
    expect(state().activeClass).toBe(cat);
  });

  it('are renamed, merged by name, recoloured', () => {
    const [cat, kitty] = [state().addClass('cat'), state().addClass('kitty')];
    state().addBox('a', BOX, kitty);
    state().setActiveClass(kitty);
    state().renameClass(kitty, '  ');
    expect(state().classes[1]!.name).toBe('kitty');
    state().renameClass(kitty, 'kitten');
    expect(state().classes[1]!.name).toBe('kitten');
    state().recolourClass(cat, 3);
    state().renameClass(kitty, 'cat');
    expect(state().classes).toEqual([{ id: cat, name: 'cat', colour: 3 }]);
    expect(boxes('a')[0]!.classId).toBe(cat);
    expect(state().activeClass).toBe(cat);
  });

  it('are removed with their boxes', () => {
    const [cat, dog] = [state().addClass('cat'), state().addClass('dog')];
    state().addBox('a', BOX, cat);
    const kept = state().addBox('a', OTHER, dog);
    state().removeClass(cat);
    expect(state().classes.map(({ id }) => id)).toEqual([dog]);
    expect(boxes('a').map(({ id }) => id)).toEqual([kept]);
    expect(state().activeClass).toBe(dog);
  });

  it('that are merged into themselves or into nothing stay', () => {
    const cat = state().addClass('cat');
    state().mergeClasses(cat, cat);
    state().mergeClasses(cat, 'gone');
    expect(state().classes).toHaveLength(1);
  });
});

describe('splits', () => {
  it('by hand go before automatic ones', () => {
    state().setAutomaticSplits({ a: 'train', b: 'val', c: 'train' });
    state().setSplit('a', 'val');
    state().setSplits({ c: 'none' });
    expect(effectiveSplits(state())).toEqual({ a: 'val', b: 'val', c: 'none' });
    state().setSplit('a', 'auto');
    expect(effectiveSplits(state())['a']).toBe('train');
  });
});

describe('undo', () => {
  /** Every action that changes labels, one step each. */
  const steps: (() => void)[] = [
    () => state().addClass('cat'),
    () => state().addClass('dog'),
    () => state().addBox('a', BOX, state().classes[0]!.id),
    () => state().updateBox('a', boxes('a')[0]!.id, { box: OTHER }),
    () => state().duplicateBox('a', boxes('a')[0]!.id),
    () => state().removeBox('a', boxes('a')[0]!.id),
    () => state().acceptBoxes('b', [{ box: BOX, classId: state().classes[1]!.id }]),
    () => state().repeatPrevious('a', 'b'),
    () => state().setReviewed('b', true),
    () => state().setSplit('b', 'val'),
    () => state().setSplit('b', 'auto'),
    () => state().setSplits({ a: 'train', b: 'none' }),
    () => state().renameClass(state().classes[0]!.id, 'lynx'),
    () => state().recolourClass(state().classes[0]!.id, 2),
    () => state().mergeClasses(state().classes[0]!.id, state().classes[1]!.id),
    () => state().addClass('bird'),
    () => state().removeClass(state().classes[1]!.id),
    () => state().clearImage('a'),
    () => state().replaceAll({ ...NO_LABELS, items: { z: { boxes: [], reviewed: true } } }),
  ];

  it('goes to the very start and redo to the end', () => {
    const seen: LabelData[] = [labelDataOf(state())];
    for (const step of steps) {
      step();
      seen.push(labelDataOf(state()));
    }
    expect(store.temporal.getState().pastStates).toHaveLength(steps.length);
    for (const before of seen.slice(0, -1).reverse()) {
      expect(state().canUndo).toBe(true);
      state().undo();
      expect(labelDataOf(state())).toEqual(before);
    }
    expect(labelDataOf(state())).toEqual(NO_LABELS);
    expect([state().canUndo, state().canRedo]).toEqual([false, true]);
    for (const after of seen.slice(1)) {
      state().redo();
      expect(labelDataOf(state())).toEqual(after);
    }
    expect([state().canUndo, state().canRedo]).toEqual([true, false]);
  });

  it('knows no steps that change nothing, and none of the view', () => {
    const cat = state().addClass('cat');
    state().addBox('a', BOX, cat);
    const steps = store.temporal.getState().pastStates.length;
    state().addClass('cat');
    state().renameClass(cat, 'cat');
    state().recolourClass(cat, null);
    state().setReviewed('a', false);
    state().removeBox('a', 'gone');
    state().updateBox('a', 'gone', { classId: cat });
    state().setSplit('a', 'auto');
    state().setSplits({});
    state().repeatPrevious('b', 'nothing');
    state().clearImage('nothing');
    state().mergeClasses(cat, cat);
    state().removeClass('gone');
    state().setMode('label');
    state().selectBox('x');
    state().setActiveClass(null);
    state().setAutomaticSplits({ a: 'train' });
    expect(store.temporal.getState().pastStates).toHaveLength(steps);
    expect(state().mode).toBe('label');
  });

  it('takes a gesture as one step, and a gesture without an effect as none', () => {
    const id = state().addBox('a', BOX, state().addClass('cat'));
    state().beginGesture();
    for (let x = 1; x <= 50; x++) state().updateBox('a', id, { box: [x, 0, x + 5, 5] });
    state().endGesture();
    expect(boxes('a')[0]!.box[0]).toBe(50);
    state().undo();
    expect(boxes('a')[0]!.box).toEqual(BOX);
    state().redo();
    expect(boxes('a')[0]!.box[0]).toBe(50);
    state().undo();
    state().beginGesture();
    state().endGesture();
    expect(state().canRedo).toBe(true);
    state().beginGesture();
    state().updateBox('a', id, { box: OTHER });
    state().undo();
    expect(boxes('a')[0]!.box).toEqual(BOX);
  });

  it('ends selections of what it takes away', () => {
    const cat = state().addClass('cat');
    state().selectBox(state().addBox('a', BOX, cat));
    state().undo();
    expect(state().selectedBox).toBeNull();
    state().undo();
    expect(state().activeClass).toBeNull();
  });

  it('brings no labels of images back that are gone', () => {
    const cat = state().addClass('cat');
    state().addBox('a', BOX, cat);
    state().addBox('b', BOX, cat);
    state().setSplit('a', 'val');
    state().addBox('a', OTHER, cat);
    state().forgetImages(['a']);
    expect(Object.keys(state().items)).toEqual(['b']);
    expect(state().splits).toEqual({});
    // Left are the class and the box of b.
    expect(store.temporal.getState().pastStates).toHaveLength(2);
    state().undo();
    expect(state().items).toEqual({});
    state().undo();
    expect([state().classes, state().canUndo]).toEqual([[], false]);
    state().redo();
    state().redo();
    expect(Object.keys(state().items)).toEqual(['b']);
  });
});
