/** Buffers kept for reuse: those of sizes that come again stay, those of sizes that do not go. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from './backend';
import { BufferPool, KEPT_ROUNDS } from './buffer-pool';
import { openTestDevice, throwFaults } from './testing/device';

let opened: OpenedDevice;
let pool: BufferPool;
beforeAll(async () => {
  opened = await openTestDevice();
  pool = new BufferPool(opened.backend, 0);
});
afterEach(() => throwFaults(opened));

const allocated = (): number =>
  (tf.memory() as tf.MemoryInfo & { numBytesAllocatedInGPU: number }).numBytesAllocatedInGPU;

/** Work over `count` numbers whose answer is known. */
async function round(count: number): Promise<void> {
  const sum = tf.tidy(() => tf.sum(tf.relu(tf.add(tf.fill([count], 1), tf.fill([count], 2)))));
  expect((await sum.data())[0]).toBe(3 * count);
  sum.dispose();
  pool.endRound();
}

test('sizes that never come again do not pile up', async () => {
  const bytes: number[] = [];
  for (let i = 0; i < 30; i++) {
    await round(50_000 + 1000 * i);
    bytes.push(allocated());
  }
  // three buffers of a round at most, for as long as they are kept
  expect(Math.max(...bytes.slice(10))).toBeLessThanOrEqual(bytes[0]! + (KEPT_ROUNDS + 2) * 4 * 80_000 * 4);
  expect(bytes.at(-1)!).toBeLessThanOrEqual(1.5 * bytes[10]!);
});

test('of work that repeats itself every buffer stays', async () => {
  for (let i = 0; i < KEPT_ROUNDS + 2; i++) await round(40_000);
  const before = allocated();
  for (let i = 0; i < 10; i++) {
    await round(40_000);
    expect(allocated()).toBe(before);
  }
});

test('trimming frees what was used longest ago, so many bytes and no more than there are', async () => {
  await round(10_000);
  const old = allocated();
  await round(30_001);
  const before = allocated();
  expect(before).toBeGreaterThan(old);
  // one byte asks for one buffer: an old one, and the newest work finds its own again
  pool.trim(1);
  const less = allocated();
  expect(less).toBeLessThan(before);
  await round(30_001);
  expect(allocated()).toBe(less);
  pool.trim(Infinity);
  const { numBytesInGPU } = tf.memory() as tf.MemoryInfo & { numBytesInGPU: number };
  expect(allocated()).toBe(numBytesInGPU);
  await round(500);
});

test('a tensor that lives through the rounds keeps its numbers', async () => {
  const kept = tf.mul(tf.fill([3000], 2), 2);
  for (let i = 0; i < 2 * KEPT_ROUNDS; i++) await round(20_000 + i);
  const values = await kept.data();
  expect(values.every((value) => value === 4)).toBe(true);
  kept.dispose();
});
