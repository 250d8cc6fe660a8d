/** A learning encoder and backbone with their layers checkpointed: the same gradients, less memory between the passes. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OpenedDevice } from '../kernels/backend';
import { maxDifference, relativeL2 } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { numbers } from '../kernels/testing/gradients';
import { sharedIsHere, WHY_SKIPPED } from '../kernels/testing/shared';
import { whileCheckpointing } from '../nn/checkpointing';
import { gradientsOf } from '../nn/tape';
import { openReference, type Reference } from './rtdetr/testing/reference';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

describe.skipIf(!sharedIsHere)(`RT-DETR (${WHY_SKIPPED} otherwise)`, () => {
  let reference: Reference;
  beforeAll(async () => {
    reference = await openReference('rt_detr_r18');
  });

  async function learned(on: boolean): Promise<{ names: string[]; gradients: tf.Tensor[]; bytes: number }> {
    const { model, image } = reference;
    const names = model.rules
      .filter(({ group }) => group === 'encoder' || group === 'backbone')
      .map(({ name }) => name);
    let bytes = 0;
    const work = async (): Promise<{ loss: tf.Scalar; value: null }> => {
      const before = tf.memory().numBytes;
      const tokens = whileCheckpointing(on, () => tf.tidy(() => model.encode(image, { backbone: true }).tokens));
      bytes = tf.memory().numBytes - before;
      const weights = tf.tensor(numbers(tokens.size, 5), tokens.shape);
      return { loss: tf.sum(tf.mul(tokens, weights)), value: null };
    };
    const parameters = names.map((name) => model.parameters.get(name));
    const { loss, gradients } = await gradientsOf(work, parameters);
    loss.dispose();
    return { names, gradients, bytes };
  }

  test('every gradient of the encoder and the backbone, from a third of the memory', async () => {
    const plain = await learned(false);
    const held = tf.memory().numTensors;
    const thrifty = await learned(true);
    expect(tf.memory().numTensors).toBe(held + thrifty.gradients.length);
    console.info(`kept for the gradient: ${plain.bytes} bytes plainly, ${thrifty.bytes} checkpointed`);
    for (const [at, gradient] of thrifty.gradients.entries()) {
      const [a, b] = await Promise.all([gradient.data(), plain.gradients[at]!.data()]);
      // a key's bias moves all scores of a row alike: its gradient is rounding
      const name = thrifty.names[at]!;
      if (name.endsWith('k_proj.bias')) expect(maxDifference(a, b), name).toBeLessThanOrEqual(1e-3);
      else expect(relativeL2(a, b), name).toBeLessThanOrEqual(1e-3);
    }
    expect(thrifty.bytes).toBeLessThanOrEqual(plain.bytes / 3);
    tf.dispose([...plain.gradients, ...thrifty.gradients]);
  });
});
