import { describe, expect, it } from 'vitest';
import { automaticSplit } from '../data/annotations/auto-split';
import type { LabelSet } from '../data/annotations/types';
import { createLabelStore, effectiveSplits } from '../state/labels';
import { Pictures } from '../state/pictures';
import { createLabelSplits } from './labels-split';
import type { LabelPorts } from './ports';
import { addImage, freshStore } from './testing/fakes';

function fixture(duplicates: LabelPorts['duplicates'] = async () => []) {
  const store = freshStore();
  const labels = createLabelStore();
  const pictures = new Pictures(() => Promise.reject(new Error('not here')));
  const split: LabelPorts['split'] = (set, byHand) => automaticSplit(set as LabelSet, { seed: 1, byHand });
  const ports = { labels: { split, duplicates } as LabelPorts };
  const splits = createLabelSplits({ store, labels, pictures, ports });
  for (let index = 0; index < 10; index++) addImage(store, pictures, `image-${index}`);
  return { store, labels, splits };
}

const ids = Array.from({ length: 10 }, (_, index) => `image-${index}`);

describe('the automatic split', () => {
  it('holds out a share of what is labelled, keeps choices, and is the same again', () => {
    const run = () => {
      const { labels, splits } = fixture();
      const cat = labels.getState().addClass('cat');
      for (const id of ids.slice(0, 9)) labels.getState().addBox(id, [0, 0, 4, 4], cat);
      labels.getState().setSplits({ 'image-0': 'val', 'image-1': 'none' });
      splits.update();
      return effectiveSplits(labels.getState());
    };
    const first = run();
    expect(first).toMatchObject({ 'image-0': 'val', 'image-1': 'none' });
    expect(Object.values(first).filter((split) => split === 'val')).toHaveLength(2);
    expect(Object.values(first).filter((split) => split === 'train')).toHaveLength(6);
    expect(first).not.toHaveProperty('image-9');
    expect(run()).toEqual(first);
  });

  it('follows changes by itself', async () => {
    const { labels } = fixture();
    labels.getState().setReviewed('image-3', true);
    await expect.poll(() => labels.getState().automaticSplits).toEqual({ 'image-3': 'train' });
    labels.getState().undo();
    await expect.poll(() => labels.getState().automaticSplits).toEqual({});
  });
});

describe('copies across the split', () => {
  it('are looked for between training and held out, and forgotten when the split changes', async () => {
    const asked: string[][] = [];
    const warning = { train: 'image-1', heldOut: 'image-0', exact: true, distance: 0 };
    const { store, labels, splits } = fixture(async (train, heldOut) => {
      asked.push(
        train.map(({ id }) => id).sort(),
        heldOut.map(({ id }) => id),
      );
      return [warning];
    });
    for (const id of ids.slice(0, 3)) labels.getState().setReviewed(id, true);
    labels.getState().setSplits({ 'image-0': 'val', 'image-1': 'train', 'image-2': 'train' });
    await splits.findDuplicates();
    expect(asked).toEqual([['image-1', 'image-2'], ['image-0']]);
    expect(store.getState().splitWarnings).toEqual([warning]);
    labels.getState().setSplit('image-1', 'val');
    expect(store.getState().splitWarnings).toBeNull();
  });
});
