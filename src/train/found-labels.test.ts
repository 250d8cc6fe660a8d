import { expect, it } from 'vitest';
import { RL_DEFAULTS } from '../lib/rl-settings';
import { RT_DETR_LOSS } from '../models/set-loss/recipe';
import { Found } from './found-labels';
import { quarter as at, quarters as prediction } from './testing/quarters';

const boxes = (...queries: number[]): Float32Array => Float32Array.from(queries.flatMap(at));

it('is the share of all labels, not of images', () => {
  const found = new Found(RT_DETR_LOSS.match, RL_DEFAULTS);
  const sure = prediction([
    [0.9, 0.1],
    [0.1, 0.8],
    [0.1, 0.1],
  ]);
  // Right, the wrong class, not confident; then one that is right.
  found.add(sure, { classes: [0, 0, 1], boxes: boxes(0, 1, 2) });
  expect(found.share).toBeCloseTo(1 / 3, 6);
  found.add(sure, { classes: [1], boxes: boxes(1) });
  expect(found.share).toBeCloseTo(2 / 4, 6);
});

it('is 0 without labels', () => {
  const found = new Found(RT_DETR_LOSS.match, RL_DEFAULTS);
  found.add(prediction([[0.1, 0.1]]), { classes: [], boxes: boxes() });
  expect(found.share).toBe(0);
});
