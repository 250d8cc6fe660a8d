/** Grouping against a plain reference, settings and costs. */
import { describe, expect, test } from 'vitest';
import { hashKeysReference } from '../../kernels/clusters/reference';
import { seededRandom } from '../../lib/random';
import { clusteredFlops, exactFlops, layerClusters } from './cost';
import { groupByKeys } from './grouping';
import { checkSettings, CLUSTER_DEFAULTS } from '../../lib/clusters';

/** [rows,2] whole numbers below `kinds`. */
function kindsOf(rows: number, kinds: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: 2 * rows }, () => Math.floor(random() * kinds));
}

describe('grouping', () => {
  const [images, tokens] = [3, 40];
  const numbers = kindsOf(images * tokens, 4, 1);
  const mask = Uint8Array.from({ length: images * tokens }, (_, at) =>
    at % tokens < 40 - 10 * Math.floor(at / tokens) ? 1 : 0,
  );
  const grouping = groupByKeys(hashKeysReference(numbers, 2), images, mask);
  const same = (a: number, b: number): boolean =>
    numbers[2 * a] === numbers[2 * b] && numbers[2 * a + 1] === numbers[2 * b + 1];

  test('tokens of an image are together where and only where their numbers agree', () => {
    for (let image = 0; image < images; image++)
      for (let a = image * tokens; a < (image + 1) * tokens; a++)
        for (let b = image * tokens; b < (image + 1) * tokens; b++) {
          if (!mask[a] || !mask[b]) continue;
          expect(grouping.of[a] === grouping.of[b], `${a} and ${b}`).toBe(same(a, b));
        }
  });

  test('clusters are counted by image in the order of their first tokens', () => {
    const { of, counts, most } = grouping;
    expect(most).toBe(Math.max(...counts));
    counts.forEach((count, image) => {
      const own = Array.from(of.subarray(image * tokens, (image + 1) * tokens)).filter((cluster) => cluster >= 0);
      expect([...new Set(own)]).toEqual(Array.from({ length: count }, (_, cluster) => cluster));
    });
  });

  test('padding is in no cluster', () => {
    grouping.of.forEach((cluster, at) => expect(cluster >= 0).toBe(mask[at] === 1));
    grouping.owner.forEach((group, at) => expect(group >= 0).toBe(mask[at] === 1));
  });

  test('members lie group by group', () => {
    const { members, starts, owner, most } = grouping;
    expect(starts.length).toBe(images * most + 1);
    expect(members.length).toBe(mask.filter((one) => one === 1).length);
    for (let group = 0; group < images * most; group++)
      for (const row of members.subarray(starts[group], starts[group + 1])) expect(owner[row]).toBe(group);
    expect(new Set(members).size).toBe(members.length);
  });

  test('an image of padding alone has none', () => {
    const { counts, most, members, starts } = groupByKeys(new Int32Array(8), 2, [0, 0, 0, 0]);
    expect([counts, most, members.length, Array.from(starts)]).toEqual([[0, 0], 1, 1, [0, 0, 0]]);
  });

  test('numbers that do not fit are refused', () => {
    expect(() => groupByKeys(new Int32Array(6), 2)).toThrow('expected keys and mask of 2 images');
    expect(() => groupByKeys(new Int32Array(8), 2, [1, 1, 1])).toThrow('expected keys and mask');
  });
});

test.each([
  ['rounds', { rounds: 0 }],
  ['rounds', { rounds: 65 }],
  ['rounds', { rounds: 1.5 }],
  ['width', { width: 0 }],
  ['width', { width: NaN }],
  ['width', { width: Infinity }],
  ['seed', { seed: -1 }],
])('%s out of range is refused: %j', (name, change) => {
  expect(() => checkSettings({ ...CLUSTER_DEFAULTS, ...change })).toThrow(`clusters.${name}: expected`);
});

test('costs of a layer: counted by hand', () => {
  // 3 tokens, width 2: four projections 4*3*2*2, scores and mixing 2*3*3*2, twice
  expect(exactFlops({ tokens: 3, width: 2 })).toBe(2 * (48 + 36));
  // 2 clusters, 5 rounds: keys and values 24, queries and outputs 16, scores and mixing 24, hash 30, twice; sums 6
  expect(clusteredFlops({ tokens: 3, clusters: 2, width: 2, rounds: 5 })).toBe(2 * (24 + 16 + 24 + 30) + 6);
  const layer = layerClusters({ of: Int32Array.of(0, 1, 0, 0, -1, -1), counts: [2, 1] }, { width: 2, rounds: 5 });
  expect(layer.images).toEqual([
    { tokens: 3, clusters: 2, of: Int32Array.of(0, 1, 0) },
    { tokens: 1, clusters: 1, of: Int32Array.of(0, -1, -1) },
  ]);
  const one = { tokens: 1, clusters: 1, width: 2, rounds: 5 };
  expect(layer.flops).toEqual({
    exact: exactFlops({ tokens: 3, width: 2 }) + exactFlops(one),
    clustered: clusteredFlops({ tokens: 3, clusters: 2, width: 2, rounds: 5 }) + clusteredFlops(one),
  });
});
