/**
 * What the benches of training steps share: StepDETR-S with its own memories of sample photos, learners over copies of its weights, and
 * a clock that lets jobs take turns.
 *
 * B images, H x W pixels, Q queries.
 */
import * as tf from '@tensorflow/tfjs-core';
import { openEmbedded } from '../../data/checkpoint';
import { labelsOf } from '../../data/config-file';
import { deviceCopy } from '../../kernels/adamw/device-copy';
import { overlapOf } from '../../lib/box-overlap';
import type { Labels, SetPrediction } from '../../lib/set-prediction';
import { trainSettings, type TrainMethod, type TrainSettings } from '../../lib/train-settings';
import type { Detector, Memory } from '../../models/detector';
import { loadDetector } from '../../models/load';
import type { Batch } from '../batch';
import { Learner } from '../learner';
import { readPredictions } from '../predictions';
import { trainedNames } from '../trained';

const PHOTOS = ['cat', 'raccoon', 'coffee', 'astronaut'];
const LABELS = 3;

/** What a bench changes of StepDETR-S's settings; the weights are the same for all. */
export interface ModelSize {
  /** Side of the square image. */
  side?: number;
  /** Q */
  queries?: number;
}

export async function openStepDetr({ side, queries }: ModelSize = {}): Promise<Detector> {
  const { config, preprocessor, weights, extra } = await openEmbedded(
    'stepdetr_s',
    location.origin,
    () => undefined,
    new AbortController().signal,
  );
  const size = side === undefined ? {} : { image_size: side };
  const changed = { ...config, ...size, ...(queries === undefined ? {} : { queries }) };
  const shown = side === undefined ? preprocessor : { ...preprocessor, size: { height: side, width: side } };
  const backbone = extra.get('backbone.safetensors');
  return loadDetector({ config: changed, preprocessor: shown, classes: labelsOf(config), weights, backbone });
}

async function memoryOf(model: Detector, photo: string): Promise<Memory> {
  const bitmap = await createImageBitmap(await (await fetch(`/samples/${photo}.jpg`)).blob());
  const [height, width] = model.preprocessing.size;
  const context = new OffscreenCanvas(width, height).getContext('2d')!;
  context.drawImage(bitmap, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const rgb = Float32Array.from({ length: width * height * 3 }, (_, i) => data[4 * Math.floor(i / 3) + (i % 3)]!);
  tf.engine().startScope();
  const { tokens, shapes } = model.encode(tf.tensor4d(rgb, [1, height, width, 3]));
  tf.engine().endScope([tokens]);
  return { tokens, shapes };
}

/** The model's own surest answers, moved a little: labels that it can be better or worse at. */
function labelsFrom({ queries, columns, logits, boxes }: SetPrediction): Labels {
  const best = Array.from({ length: queries }, (_, query) => {
    const row = logits.subarray(query * columns, (query + 1) * columns);
    const score = Math.max(...row);
    return { query, score, label: row.indexOf(score) };
  }).sort((a, b) => b.score - a.score);
  const kept: typeof best = [];
  for (const one of best)
    if (kept.length < LABELS && kept.every((other) => overlapOf(boxes, one.query, boxes, other.query).iou < 0.5))
      kept.push(one);
  return {
    classes: kept.map(({ label }) => label),
    boxes: Float32Array.from(
      kept.flatMap(({ query }) => [...boxes.subarray(4 * query, 4 * query + 4)].map((side) => side * 0.97)),
    ),
  };
}

/** A batch of the first B sample photos, as a run with a frozen encoder has it. The memory is the caller's. */
export async function photoBatch(model: Detector, images: number): Promise<Batch> {
  const each: Memory[] = [];
  for (const photo of PHOTOS.slice(0, images)) each.push(await memoryOf(model, photo));
  const memory = { tokens: tf.concat(each.map(({ tokens }) => tokens)), shapes: each[0]!.shapes };
  tf.dispose(each.map(({ tokens }) => tokens));
  const last = tf.tidy(() => {
    const { logits, boxes } = model.decode(memory).layers.at(-1)!;
    return { logits, boxes };
  });
  const [predictions] = await readPredictions([last], model.scoring);
  tf.dispose([last.logits, last.boxes]);
  const items = predictions!.map((one, at) => ({ id: PHOTOS[at]!, name: PHOTOS[at]!, labels: labelsFrom(one) }));
  return { items, memory };
}

/** A learner over a copy of the trained weights that stands still, so that every step is the same work. */
export function standingLearner(model: Detector, method: TrainMethod, changed: Partial<TrainSettings> = {}): Learner {
  const settings = trainSettings(method, { learningRate: 0, warmup: 0, ...changed });
  const names = trainedNames(model, settings);
  const copies = new Map(names.map((name) => [name, deviceCopy(model.parameters.get(name))]));
  return new Learner(model.sharing(model.parameters.with(copies)), settings);
}

export interface Job {
  name: string;
  run(): Promise<unknown>;
}

/** Shortest milliseconds of each job; they take turns, so that what else the machine does meets them alike. */
export async function shortest(jobs: readonly Job[], rounds: number): Promise<number[]> {
  const least = jobs.map(() => Infinity);
  for (let round = 0; round <= rounds; round++)
    for (const [at, { run }] of jobs.entries()) {
      const start = performance.now();
      await run();
      // the first round compiles
      if (round > 0) least[at] = Math.min(least[at]!, performance.now() - start);
    }
  return least;
}

/** Compute dispatches that a job records, of TF.js's kernels and of ours, the optimiser's included. */
export async function dispatchesOf(job: () => Promise<unknown>): Promise<number> {
  const { prototype } = GPUComputePassEncoder;
  const original = prototype.dispatchWorkgroups;
  let count = 0;
  prototype.dispatchWorkgroups = function counted(this: GPUComputePassEncoder, x, y, z) {
    count++;
    original.call(this, x, y, z);
  };
  try {
    await job();
  } finally {
    prototype.dispatchWorkgroups = original;
  }
  return count;
}
