/** The optimiser on TF.js's CPU backend. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll } from 'vitest';
import { testOptimiser } from './testing/optimiser-cases';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

testOptimiser();
