/** Settings of clusters, differences of answers, and the comparison as JSON. */
import { describe, expect, test } from 'vitest';
import { apart, CLUSTER_DEFAULTS, sameSettings, sharedRows, takeRows } from './clusters';
import { clustersJson } from './clusters-json';
import { comparison } from './testing/clusters';

test('settings are the same by their values', () => {
  expect(sameSettings(CLUSTER_DEFAULTS, { ...CLUSTER_DEFAULTS })).toBe(true);
  expect(sameSettings(CLUSTER_DEFAULTS, { ...CLUSTER_DEFAULTS, width: 7 })).toBe(false);
  expect(sameSettings(CLUSTER_DEFAULTS, null)).toBe(false);
  expect(sameSettings(null, null)).toBe(true);
});

describe('how far two answers are apart', () => {
  test('greatest, mean, and by length', () => {
    const { greatest, mean, relative } = apart([3, 4, 5], [3, 4, 0]);
    expect([greatest, mean]).toEqual([5, 5 / 3]);
    expect(Math.abs(relative - 1)).toBeLessThanOrEqual(1e-12);
  });

  test('nothing between equals, even zeros and none; not-a-number stays one', () => {
    expect(apart([0, 0], [0, 0])).toEqual({ greatest: 0, mean: 0, relative: 0 });
    expect(apart([], [])).toEqual({ greatest: 0, mean: 0, relative: 0 });
    expect(apart([Number.NaN, 1], [1, 1])).toEqual({ greatest: Number.NaN, mean: Number.NaN, relative: Number.NaN });
  });

  test('learned queries stand for themselves, chosen ones for their memory tokens', () => {
    expect(sharedRows(null, null, 2)).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect(sharedRows([7, 3, 5], [5, 9, 7], 3)).toEqual([
      [0, 2],
      [2, 0],
    ]);
    expect(Array.from(takeRows(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 0], 2))).toEqual([5, 6, 1, 2]);
  });
});

test('as JSON everything is there, under names that last', () => {
  const json = JSON.parse(clustersJson(comparison(), 'a.jpg')) as Record<string, unknown>;
  expect(json).toMatchObject({
    image: 'a.jpg',
    model: 'm',
    settings: { rounds: 24, bucket_width: 8, seed: 1 },
    difference: { boxes: { greatest: 0.5 }, compared_queries: 2, queries: 2 },
    ms: { exact: 30, clustered: 20 },
  });
  expect((json['layers'] as unknown[])[0]).toEqual({
    layer: 1,
    prototypes: 3,
    tokens: 6,
    flops: { exact: 100, clustered: 60 },
    rows: 2,
    columns: 3,
    cluster_of: [0, 0, 1, 2, 0, 1],
  });
});
