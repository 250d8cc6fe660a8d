import { expect, test } from 'vitest';
import type { Match, SetPrediction } from '../lib/set-prediction';
import { chooseExplored, ofExplored, withPath } from './explore';

const NOTHING: Match = { queries: new Int32Array(0), labels: new Int32Array(0) };
const pairs = (...queries: number[]): Match => ({
  queries: Int32Array.from(queries),
  labels: Int32Array.from(queries, (_, label) => label),
});

/** Five queries over two classes with these best logits. */
const surely = (logits: readonly number[]): SetPrediction => ({
  queries: logits.length,
  columns: 2,
  scoring: 'sigmoid',
  logits: Float32Array.from(logits.flatMap((logit) => [-9, logit])),
  boxes: Float32Array.from({ length: 4 * logits.length }, (_, i) => i),
});

const FIRST = [surely([0, 1, 2, 3, -4]), surely([5, -1, -2, -3, -4])];
const SECOND = [surely([0, 1, 2, -3, -4]), surely([-5, -1, 4, -3, -4])];

test('labels’ queries of any layer come first, then the surest of any layer', () => {
  const chosen = chooseExplored(
    [FIRST, SECOND],
    [
      [pairs(4), NOTHING],
      [pairs(0), NOTHING],
    ],
    3,
  )!;
  expect(chosen.count).toBe(3);
  expect(Array.from(chosen.queries)).toEqual([0, 3, 4, 0, 1, 2]);
  expect(Array.from(chosen.others)).toEqual([1, 2, 3, 4]);
});

test('an image with more labels’ queries has them all, and the others as many', () => {
  const chosen = chooseExplored(
    [FIRST, SECOND],
    [
      [pairs(1, 2), NOTHING],
      [pairs(3, 4), NOTHING],
    ],
    2,
  )!;
  expect(chosen.count).toBe(4);
  expect(Array.from(chosen.queries)).toEqual([1, 2, 3, 4, 0, 1, 2, 3]);
  expect(Array.from(chosen.others)).toEqual([0, 4]);
});

test('0, and as many as there are: all of them', () => {
  for (const wanted of [0, 5, 6]) expect(chooseExplored([FIRST], [[NOTHING, NOTHING]], wanted)).toBeNull();
});

test('a rollout says of its own queries what it found, of the others what the path says', () => {
  const path = surely([0, 1, 2, 3, 4]);
  const own: SetPrediction = { ...surely([7, 8]), boxes: Float32Array.of(-1, -2, -3, -4, -5, -6, -7, -8) };
  const whole = withPath(path, own, Int32Array.of(1, 3));
  expect(Array.from(whole.logits)).toEqual([-9, 0, -9, 7, -9, 2, -9, 8, -9, 4]);
  expect(Array.from(whole.boxes)).toEqual([0, 1, 2, 3, -1, -2, -3, -4, 8, 9, 10, 11, -5, -6, -7, -8, 16, 17, 18, 19]);
  expect(path.logits[3]).toBe(1);
});

test('numbers of the sampled queries, by image, rollout and layer', () => {
  const choice = { count: 2, queries: Int32Array.of(0, 2, 1, 2), others: Int32Array.of(1, 0) };
  const [layers, rollouts, all] = [2, 3, 3];
  // image, rollout, layer, query as the digits of each number
  const values = Float32Array.from({ length: 2 * rollouts * layers * all }, (_, i) => {
    const [query, layer, row] = [i % all, Math.floor(i / all) % layers, Math.floor(i / all / layers)];
    return 1000 * Math.floor(row / rollouts) + 100 * (row % rollouts) + 10 * layer + query;
  });
  const got = Array.from(ofExplored(values, choice, { layers, rollouts }));
  const expected = [0, 1].flatMap((image) =>
    [0, 1, 2].flatMap((rollout) =>
      [0, 1].flatMap((layer) =>
        (image === 0 ? [0, 2] : [1, 2]).map((query) => 1000 * image + 100 * rollout + 10 * layer + query),
      ),
    ),
  );
  expect(got).toEqual(expected);
});
