/** A learner small enough for tests: a StepDETR over patches from random weights, and a batch made of random memories. */
import type * as tf from '@tensorflow/tfjs-core';
import { randomNormal } from '../kernels/random-normal/op';
import { trainSettings, type TrainMethod, type TrainSettings } from '../lib/train-settings';
import type { Detector } from '../models/detector';
import { loadDetector } from '../models/load';
import { initialPatchModel } from '../models/stepdetr/initial';
import type { Batch } from './batch';
import { Learner } from './learner';

export const CLASSES = ['cat', 'dog', 'newt'];
export const SMALL = {
  ...{ image_size: 64, width: 16, heads: 2, latent: 8, encoder_blocks: 1, encoder_hidden: 24 },
  ...{ decoder_layers: 2, decoder_hidden: 24, points: [2, 1], queries: 6 },
};

export function smallDetector(seed = 1): Detector {
  return loadDetector(initialPatchModel(seed, CLASSES, SMALL));
}

export function smallLearner(method: TrainMethod, changed: Partial<TrainSettings> = {}): Learner {
  const settings = trainSettings(method, { batch: 2, rollouts: 4, warmup: 0, steps: 100, ...changed });
  return new Learner(smallDetector(), settings);
}

/** Two images: one with two labels, one with one. The memory is the caller's. */
export function smallBatch(stream = 0): Batch {
  const tokens = randomNormal<tf.Rank.R3>([2, 20, 16], { seed: 3, stream });
  return {
    items: [
      {
        id: 'a',
        name: 'a',
        labels: { classes: [0, 2], boxes: Float32Array.of(0.3, 0.3, 0.2, 0.4, 0.7, 0.6, 0.4, 0.3) },
      },
      { id: 'b', name: 'b', labels: { classes: [1], boxes: Float32Array.of(0.5, 0.5, 0.6, 0.5) } },
    ],
    memory: {
      tokens,
      shapes: [
        [4, 4],
        [2, 2],
      ],
    },
  };
}
