import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, expect, test } from 'vitest';
import { disposeMemory } from '../models/encode-image';
import { joinMemories, keepMemory } from './memories';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const numbers = (count: number, from: number): Float32Array => Float32Array.from({ length: count }, (_, i) => from + i);

test('images of one size are one behind the other, without a mask', async () => {
  const shapes = [
    [2, 3],
    [1, 2],
  ] as const;
  const joined = joinMemories([
    { tokens: numbers(16, 0), shapes },
    { tokens: numbers(16, 100), shapes },
  ]);
  expect(joined.tokens.shape).toEqual([2, 8, 2]);
  expect([...(await joined.tokens.data())]).toEqual([...numbers(16, 0), ...numbers(16, 100)]);
  expect(joined.mask).toBeUndefined();
  expect(await keepMemory({ tokens: tf.slice(joined.tokens, [1], [1]), shapes: joined.shapes })).toEqual({
    tokens: numbers(16, 100),
    shapes: joined.shapes,
  });
});

test('unlike sizes are padded level by level at the right and the bottom', async () => {
  const before = tf.memory().numTensors;
  const wide = {
    tokens: numbers(4, 1),
    shapes: [
      [1, 3],
      [1, 1],
    ] as [number, number][],
  };
  const tall = {
    tokens: numbers(6, 11),
    shapes: [
      [2, 2],
      [2, 1],
    ] as [number, number][],
  };
  const joined = joinMemories([wide, tall]);
  expect(joined.shapes).toEqual([
    [2, 3],
    [2, 1],
  ]);
  expect([...(await joined.tokens.data())]).toEqual([1, 2, 3, 0, 0, 0, 4, 0, 11, 12, 0, 13, 14, 0, 15, 16]);
  expect([...(await joined.mask!.data())]).toEqual([1, 1, 1, 0, 0, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1]);
  const ratios = [...(await joined.ratios!.data())];
  [1, 0.5, 1, 0.5, 2 / 3, 1, 1, 1].forEach((ratio, i) => expect(ratios[i]).toBeCloseTo(ratio, 6));
  disposeMemory(joined);
  expect(tf.memory().numTensors).toBe(before);
});
