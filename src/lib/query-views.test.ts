import { describe, expect, it } from 'vitest';
import { cellOf, cellWeights, hasView, meanOffset, mostAttended, queryViewsJson, tokensAt } from './query-views';
import { deformableViews, denseViews } from './testing/query-views';

const LEVELS = [
  [2, 4],
  [1, 2],
] as const;

describe('memory cells', () => {
  it('lie row by row, level after level', () => {
    expect(cellOf(LEVELS, 5)).toEqual({ level: 0, row: 1, column: 1, edges: [0.25, 0.5, 0.5, 1] });
    expect(cellOf(LEVELS, 9)).toEqual({ level: 1, row: 0, column: 1, edges: [0.5, 0, 1, 1] });
    expect(cellOf(LEVELS, 10)).toBeUndefined();
    expect(cellOf(LEVELS, -1)).toBeUndefined();
  });

  it('are found again at their middle', () => {
    for (let token = 0; token < 10; token++) {
      const { level, edges } = cellOf(LEVELS, token)!;
      const [x, y] = [(edges[0] + edges[2]) / 2, (edges[1] + edges[3]) / 2];
      expect(tokensAt(LEVELS, x, y)[level]).toBe(token);
    }
    expect(tokensAt(LEVELS, 1, 0.5)).toEqual([]);
    expect(tokensAt(LEVELS, NaN, 0.5)).toEqual([]);
  });
});

describe('attention', () => {
  it('to cells is one head or the mean of all', () => {
    const { cross } = denseViews().layers[0]!;
    expect([...cellWeights(cross!, 1)]).toEqual([0, 0, 0.5, 0.5]);
    expect([...cellWeights(cross!, null)]).toEqual([0.5, 0, 0.25, 0.25]);
  });

  it('to other queries leaves the query itself out', () => {
    const weights = Float32Array.of(0.125, 0.5, 0, 0.25, 0.125);
    expect(mostAttended(weights, 1, 2)).toEqual([
      { query: 3, weight: 0.25 },
      { query: 0, weight: 0.125 },
    ]);
    expect(mostAttended(weights, 0, 8).map(({ query }) => query)).toEqual([1, 3, 4]);
  });
});

describe('a distribution of an edge', () => {
  it('has a mean where its offsets are known', () => {
    const probabilities = Float32Array.of(1, 0, 0, 0, 0.5, 0.5, 0, 0, 1, 0, 1, 0);
    expect(meanOffset({ probabilities, offsets: Float32Array.of(-1, 0, 2) }, 1)).toBe(1);
    expect(meanOffset({ probabilities }, 1)).toBeUndefined();
  });
});

describe('views', () => {
  it('know which kinds they have', () => {
    expect(hasView(deformableViews(), 'places')).toBe(true);
    expect(hasView(deformableViews(), 'cross')).toBe(false);
    expect(hasView(denseViews(), 'edges')).toBe(false);
  });

  it('are JSON that any program reads', () => {
    const text = queryViewsJson(
      { ...denseViews(), selection: Float32Array.of(0.1) },
      'cat.jpg',
      (label) => `c${label}`,
    );
    expect(JSON.parse(text)).toMatchObject({
      image: 'cat.jpg',
      query: 1,
      selection: [0.1],
      layers: [{ class: 'c2', cross: { heads: 2, weights: [1, 0, 0, 0, 0, 0, 0.5, 0.5] } }, { layer: 2 }],
    });
  });
});
