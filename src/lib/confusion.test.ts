import { describe, expect, it } from 'vitest';
import { allPairings, cellOf, confusionMatrix, type LabelledDetections } from './confusion';
import { detectionsOf } from './testing/detections';
import { heldOutDetections, twoLabels } from './testing/run-events';

const OPTIONS = { layer: 0, threshold: 0.3 };
const LEFT = [0.25, 0.5, 0.2, 0.4];
const RIGHT = [0.75, 0.5, 0.2, 0.4];

function image(found: [number, number, number][], boxes: number[][], labels: [number, number[]][]): LabelledDetections {
  return {
    id: 'a',
    detections: detectionsOf(100, 100, [{ layer: 1, boxes, found }]),
    labels: {
      classes: labels.map(([label]) => label),
      boxes: Float32Array.from(labels.flatMap(([, box]) => box)),
    },
  };
}

describe('labels against detections', () => {
  it('finds true, taken for another, invented and missed ones', () => {
    const pairings = allPairings([{ id: 'a', detections: heldOutDetections(), labels: twoLabels() }], OPTIONS);
    expect(pairings.map((pairing) => cellOf(pairing, 2))).toEqual([
      [0, 0],
      [1, 0],
      [2, 1],
    ]);
    expect(confusionMatrix(pairings, 2)).toEqual([
      [1, 0, 0],
      [1, 0, 0],
      [0, 1, 0],
    ]);
  });

  it('counts what is missed', () => {
    const pairings = allPairings([image([], [], [[1, LEFT]])], OPTIONS);
    expect(pairings).toMatchObject([{ image: 'a', truth: { class: 1 }, found: null, iou: 0 }]);
    expect(confusionMatrix(pairings, 2)[1]).toEqual([0, 0, 1]);
  });

  it('gives a label to the best detection, each label once, each query once', () => {
    const found: [number, number, number][] = [
      [0, 0, 0.9],
      [0, 1, 0.8],
      [1, 0, 0.7],
      [2, 0, 0.2],
    ];
    const pairings = allPairings([image(found, [LEFT, LEFT, RIGHT], [[0, LEFT]])], OPTIONS);
    expect(pairings.map(({ found: each }) => each?.query)).toEqual([0, 1]);
    expect(pairings.map(({ truth }) => truth?.class ?? null)).toEqual([0, null]);
    expect(pairings[0]!.iou).toBeCloseTo(1, 5);
  });

  it('needs enough overlap', () => {
    const near = image([[0, 0, 0.9]], [[0.35, 0.5, 0.2, 0.4]], [[0, LEFT]]);
    expect(allPairings([near], OPTIONS)).toHaveLength(2);
    // Half of each box is common: IoU 1/3.
    expect(allPairings([near], { ...OPTIONS, iou: 0.3 })).toHaveLength(1);
  });

  it('has nothing to say of a layer that is not there', () => {
    const pairings = allPairings([image([[0, 0, 0.9]], [LEFT], [[0, LEFT]])], { ...OPTIONS, layer: 7 });
    expect(confusionMatrix(pairings, 1)).toEqual([
      [0, 1],
      [0, 0],
    ]);
  });
});
