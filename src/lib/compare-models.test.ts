import { describe, expect, it } from 'vitest';
import { comparedAt, compareModels, layerAtFraction, type Compared } from './compare-models';
import { detectionsOf, twoQueries } from './testing/detections';

const NAMES = ['cat', 'dog', 'bird'];

function one(key: string, name: string, box: [number, number, number, number], score = 0.9): Compared {
  return { key, name, query: 0, label: 0, score, box, alpha: 1 };
}

describe('layers of two models', () => {
  it('keep in step by fractions', () => {
    expect([0, 0.5, 1].map((at) => layerAtFraction(7, at))).toEqual([0, 3, 6]);
    expect([0, 0.5, 1].map((at) => layerAtFraction(4, at))).toEqual([0, 2, 3]);
    expect(layerAtFraction(4, null)).toBe(3);
    expect(layerAtFraction(0, 0.3)).toBe(0);
  });

  it('are read above the threshold, with names and keys of their own', () => {
    const found = comparedAt('left', twoQueries(), NAMES, null, 0.7);
    expect(found.map(({ key, name, score }) => [key, name, score])).toEqual([['left/0/0', 'cat', 0.875]]);
    expect(comparedAt('right', twoQueries(), [], 0, 0.5).map(({ key, name }) => [key, name])).toEqual([
      ['right/1/2', 'class 2'],
    ]);
  });
});

describe('comparing', () => {
  it('pairs the same class, whatever its case, from half an overlap on', () => {
    const left = [one('a', 'Cat', [0, 0, 100, 100]), one('b', 'dog', [0, 0, 100, 100])];
    const right = [one('c', ' cat', [0, 0, 100, 50]), one('d', 'dog', [0, 0, 100, 49])];
    const { pairs, only } = compareModels(left, right);
    expect(pairs.map((pair) => [pair.left.key, pair.right.key])).toEqual([['a', 'c']]);
    expect(Math.abs(pairs[0]!.iou - 0.5)).toBeLessThanOrEqual(1e-9);
    expect(only.left.map(({ key }) => key)).toEqual(['b']);
    expect(only.right.map(({ key }) => key)).toEqual(['d']);
  });

  it('gives every box one partner, the best overlap first', () => {
    const left = [one('a', 'cat', [0, 0, 100, 80]), one('b', 'cat', [0, 0, 100, 100])];
    const right = [one('c', 'cat', [0, 0, 100, 95])];
    const { pairs, only } = compareModels(left, right);
    expect(pairs.map((pair) => [pair.left.key, pair.right.key])).toEqual([['b', 'c']]);
    expect(only.left.map(({ key }) => key)).toEqual(['a']);
    expect(only.right).toEqual([]);
  });

  it('has nothing to say of nothing, and never pairs boxes without size', () => {
    expect(compareModels([], [])).toEqual({ pairs: [], only: { left: [], right: [] } });
    const flat = one('a', 'cat', [5, 5, 5, 5]);
    expect(compareModels([flat], [{ ...flat, key: 'b' }]).pairs).toEqual([]);
  });

  it('finds a model the same as itself', () => {
    const result = detectionsOf(100, 100, [
      {
        layer: 1,
        boxes: [
          [0.3, 0.3, 0.2, 0.2],
          [0.7, 0.7, 0.2, 0.2],
        ],
        found: [
          [0, 0, 0.9],
          [1, 0, 0.8],
        ],
      },
    ]);
    const { pairs, only } = compareModels(
      comparedAt('left', result, NAMES, null, 0.5),
      comparedAt('right', result, NAMES, null, 0.5),
    );
    expect(pairs.map(({ iou }) => Math.abs(iou - 1) <= 1e-6)).toEqual([true, true]);
    expect([...only.left, ...only.right]).toEqual([]);
  });
});
