/** Memory of the device's backend around work that has been done once before (warm: pipelines and caches are there). */
import * as tf from '@tensorflow/tfjs-core';
import type { OpenedDevice } from '../backend';

const ROUNDS = 3;

interface Held {
  tensors: number;
  bytes: number;
  /** Data of the backend, which a tensor's disposal alone does not prove gone. */
  data: number;
}

function held({ backend }: OpenedDevice): Held {
  const { numTensors, numBytes } = tf.memory();
  return { tensors: numTensors, bytes: numBytes, data: backend.numDataIds() };
}

/** Runs `round` once, then three times more. @returns what was held before and after those; equal when nothing leaks */
export function aroundWarmRounds(opened: OpenedDevice, round: () => void): { before: Held; after: Held } {
  round();
  const before = held(opened);
  for (let i = 0; i < ROUNDS; i++) round();
  return { before, after: held(opened) };
}
