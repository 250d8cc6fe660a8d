import { describe, expect, it } from 'vitest';
import { createLabelStore } from '../state/labels';
import { trainingDataOf } from './training-data';

const image = (id: string, width = 100, height = 50) => ({ id, name: `${id}.jpg`, width, height });
const file = new Blob(['x']);

describe('training data', () => {
  it('has boxes as fractions, empty labels where somebody said so, and null where nobody labelled', () => {
    const { getState } = createLabelStore();
    const [cat, dog] = [getState().addClass('cat'), getState().addClass('dog')];
    getState().addBox('a', [10, 10, 30, 20], dog);
    // Half of it is outside.
    getState().addBox('a', [-20, 40, 20, 60], cat);
    getState().addBox('a', [200, 0, 300, 10], cat);
    getState().setReviewed('empty', true);
    getState().setSplits({ empty: 'val', aside: 'none' });
    getState().addBox('aside', [0, 0, 9, 9], cat);
    getState().setAutomaticSplits({ a: 'train', aside: 'val' });
    const images = [image('a'), image('empty'), image('aside'), image('new', 0, 0), image('gone')];
    const data = trainingDataOf(getState(), images, (id) => (id === 'gone' ? undefined : file));
    expect(data).toEqual({
      classes: ['cat', 'dog'],
      images: [
        {
          id: 'a',
          name: 'a.jpg',
          file,
          split: 'train',
          labels: { classes: [1, 0], boxes: Float32Array.from([0.2, 0.3, 0.2, 0.2, 0.1, 0.9, 0.2, 0.2]) },
        },
        { id: 'empty', name: 'empty.jpg', file, split: 'val', labels: { classes: [], boxes: new Float32Array() } },
        { id: 'new', name: 'new.jpg', file, split: 'train', labels: null },
      ],
    });
  });

  it('takes the size from the label file where the image was not opened yet, and leaves crowds out', () => {
    const { getState } = createLabelStore();
    const cat = getState().addClass('cat');
    const box = { id: 'b', classId: cat, origin: 'import' as const, box: [10, 10, 20, 20] as const };
    const extra = { file: 'a.jpg', at: 0, width: 40, height: 40 };
    const item = { reviewed: true, boxes: [box, { ...box, id: 'c', crowd: true }], extra };
    getState().replaceAll({ classes: getState().classes, splits: {}, fileExtra: null, items: { a: item } });
    const [only] = trainingDataOf(getState(), [image('a', 0, 0)], () => file).images;
    expect(only!.labels).toEqual({ classes: [0], boxes: Float32Array.from([0.375, 0.375, 0.25, 0.25]) });
  });

  it('leaves a labelled image out of which nobody knows the size', () => {
    const { getState } = createLabelStore();
    getState().addBox('a', [0, 0, 5, 5], getState().addClass('cat'));
    expect(trainingDataOf(getState(), [image('a', 0, 0)], () => file).images).toEqual([]);
  });
});
