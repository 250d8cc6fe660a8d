import { describe, expect, it } from 'vitest';
import { clampPosition, countAbove, pathOf, shownAt, summariseLayers, withoutLabels } from './layers';
import { detectionsOf, twoQueries } from './testing/detections';

describe('clampPosition', () => {
  it('takes null as the last layer and stays inside', () => {
    const result = twoQueries();
    expect([null, -1, 0.5, 9].map((p) => clampPosition(result, p))).toEqual([2, 0, 0.5, 2]);
    expect(clampPosition({ ...result, layers: [] }, null)).toBe(0);
  });
});

describe('shownAt', () => {
  it('lists a whole layer, best first, at or above the threshold', () => {
    const shown = shownAt(twoQueries(), null, 0.625);
    expect(shown.map(({ query, label, score, alpha }) => [query, label, score, alpha])).toEqual([
      [0, 0, 0.875, 1],
      [1, 2, 0.625, 1],
    ]);
    expect(shown[1]!.box).toEqual([75, 25, 125, 75]);
    expect(shownAt(twoQueries(), 2, 0.63)).toHaveLength(1);
  });

  it('moves boxes and scores in a straight line between layers, and fades what only one layer has', () => {
    const shown = shownAt(twoQueries(), 0.5, 0.5);
    const [moving, appearing] = [shown.find(({ query }) => query === 1)!, shown.find(({ query }) => query === 0)!];
    expect(moving.box).toEqual([37.5, 25, 87.5, 75]);
    expect(moving.score).toBe(0.625);
    expect(moving.alpha).toBe(1);
    expect([appearing.score, appearing.alpha]).toEqual([0.5, 0.5]);
    expect(shownAt(twoQueries(), 0.25, 0.5).find(({ query }) => query === 0)!.alpha).toBe(0.25);
  });

  it('keeps what the last layer finds where it is asked to, ever stronger', () => {
    const alphas = [0, 0.5, 1].map((p) => shownAt(twoQueries(), p, 0.6, true).find(({ query }) => query === 0)!.alpha);
    expect(alphas[0]!).toBeGreaterThan(0);
    expect(alphas[1]!).toBeGreaterThan(alphas[0]!);
    expect(alphas[2]).toBe(1);
    expect(shownAt(twoQueries(), 0, 0.6).some(({ query }) => query === 0)).toBe(false);
  });

  it('lists nothing without layers', () => {
    expect(shownAt(detectionsOf(10, 10, []), null, 0)).toEqual([]);
  });
});

describe('countAbove', () => {
  it('stops at the first score below the threshold', () => {
    const [layer] = twoQueries().layers;
    expect([0, 0.25, 0.26, 0.75, 0.76].map((t) => countAbove(layer!, t))).toEqual([2, 2, 1, 1, 0]);
  });
});

describe('withoutLabels', () => {
  it('leaves classes out of every layer and keeps the boxes of all queries', () => {
    const filtered = withoutLabels(twoQueries(), (label) => label === 0);
    expect(filtered.layers.map(({ query }) => [...query])).toEqual([[1], [1], [1]]);
    expect(filtered.layers[1]!.score[0]).toBe(0.5);
    expect(pathOf(filtered, 0)).toEqual(pathOf(twoQueries(), 0));
  });
});

describe('pathOf', () => {
  it('has a box per layer, none for a query that is not there', () => {
    expect(pathOf(twoQueries(), 1)).toEqual([
      [25, 25, 75, 75],
      [50, 25, 100, 75],
      [75, 25, 125, 75],
    ]);
    expect(pathOf(twoQueries(), 2)).toEqual([]);
    expect(pathOf(twoQueries(), -1)).toEqual([]);
  });
});

describe('summariseLayers', () => {
  it('counts boxes and averages how far their corners moved', () => {
    expect(summariseLayers(twoQueries(), 0.5)).toEqual([
      { layer: 'select', count: 1, movement: 0 },
      { layer: 1, count: 2, movement: 12.5 },
      { layer: 2, count: 2, movement: 12.5 },
    ]);
    expect(summariseLayers(twoQueries(), 0.9).map(({ movement }) => movement)).toEqual([0, 0, 0]);
  });

  it('measures a growing box by the distance of its corners', () => {
    const [, grown] = summariseLayers(
      detectionsOf(100, 100, [
        { layer: 'select', boxes: [[0.5, 0.5, 0.2, 0.2]], found: [[0, 0, 1]] },
        { layer: 1, boxes: [[0.5, 0.5, 0.26, 0.28]], found: [[0, 0, 1]] },
      ]),
      0.5,
    );
    expect(grown!.movement).toBeCloseTo(5, 4);
  });
});
