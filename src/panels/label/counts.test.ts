import { describe, expect, it } from 'vitest';
import type { LabelBox } from '../../state/labels';
import { countByClass, summariseSplits } from './counts';

const box = (id: string, classId: string): LabelBox => ({ id, classId, box: [0, 0, 1, 1], origin: 'drawn' });
const ITEMS = {
  a: { boxes: [box('1', 'cat'), box('2', 'cat'), box('3', 'dog')], reviewed: false },
  b: { boxes: [box('4', 'cat')], reviewed: true },
  empty: { boxes: [], reviewed: true },
  cleared: { boxes: [], reviewed: false },
};

describe('countByClass', () => {
  it('counts the boxes of every class over all images', () => {
    expect([...countByClass(ITEMS)]).toEqual([
      ['cat', 3],
      ['dog', 1],
    ]);
  });
});

describe('summariseSplits', () => {
  it('counts an empty image that is complete as labelled, one that is not as unlabelled', () => {
    const images = ['a', 'b', 'empty', 'cleared', 'never'].map((id) => ({ id }));
    expect(summariseSplits(images, ITEMS, { a: 'train', b: 'val', empty: 'none', cleared: 'train' })).toEqual({
      train: 1,
      val: 1,
      none: 1,
      unlabelled: 2,
    });
  });
});
