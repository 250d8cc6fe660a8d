import { expect, it } from 'vitest';
import type { Labels } from '../lib/set-prediction';
import { normed } from './policy-norm';

const labelled = (count: number): Labels => ({ classes: Array(count).fill(0), boxes: new Float32Array(4 * count) });
const labels = [labelled(2), labelled(5), labelled(0)];
/** Two rollouts of three numbers for each image. */
const advantages = Float32Array.from({ length: 18 }, (_, at) => (at % 2 === 0 ? 1 : -0.5));
const [QUERIES, EACH] = [10, 6];

it('makes of a mean over the queries a sum for each label', () => {
  const out = normed(advantages, labels, QUERIES, { policyNorm: 'labels', credit: 'query' });
  [5, 2, 10].forEach((weight, image) => {
    for (let at = image * EACH; at < (image + 1) * EACH; at++) expect(out[at]).toBe(advantages[at]! * weight);
  });
});

it('leaves the mean over the queries, and what all queries share, as they are', () => {
  expect(normed(advantages, labels, QUERIES, { policyNorm: 'queries', credit: 'query' })).toEqual(advantages);
  expect(normed(advantages, labels, QUERIES, { policyNorm: 'labels', credit: 'image' })).toEqual(advantages);
});
