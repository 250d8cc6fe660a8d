/** The set objective of every family against the plain set loss of the same answers: with and without a query selection. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { labelsOf } from '../data/config-file';
import { readSafetensors } from '../data/safetensors';
import type { OpenedDevice } from '../kernels/backend';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { sharedBytes, sharedIsHere, WHY_SKIPPED } from '../kernels/testing/shared';
import type { Labels } from '../lib/set-prediction';
import { trainSettings } from '../lib/train-settings';
import { decoderLayers, selectionOf, type Detector, type Trace } from '../models/detector';
import { loadDetector } from '../models/load';
import { match } from '../models/matching/match';
import { plainSetLoss } from '../models/set-loss/plain';
import { gradientsOf } from '../nn/tape';
import { edgeObjective } from './edge-objective';
import { readPredictions } from './predictions';
import { setObjective, type Answers } from './set-objective';

const SETTINGS = trainSettings('supervised', { betaGt: 0.7, selection: 0.5, selectionLoss: 'chosen' });
const LABELS: (Labels | null)[] = [
  { classes: [1, 3], boxes: Float32Array.of(0.3, 0.4, 0.2, 0.2, 0.7, 0.6, 0.3, 0.4) },
  null,
];

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

async function load(folder: string): Promise<Detector> {
  const config = JSON.parse(new TextDecoder().decode(await sharedBytes(`reference/${folder}/config.json`)));
  const weights = readSafetensors(await sharedBytes(`reference/${folder}/model.safetensors`), 'model.safetensors');
  return loadDetector({ config, preprocessor: undefined, classes: labelsOf(config), weights, backbone: undefined });
}

async function imageOf(folder: string): Promise<tf.Tensor4D> {
  const cases = readSafetensors(await sharedBytes(`reference/${folder}/cases.safetensors`), 'cases.safetensors');
  const planes = tf.tensor4d(cases.float32('input.pixel_values'), [2, 3, 96, 128]);
  return tf.transpose(planes, [0, 2, 3, 1]); // B,C,H,W -> B,H,W,C
}

/** The first image's loss in plain numbers: the other one is not labelled. */
async function plainOf({ setLoss, scoring }: Detector, answers: readonly Answers[]): Promise<number> {
  let sum = 0;
  for (const each of answers) {
    const prediction = (await readPredictions([each], scoring))[0]![0]!;
    const pairs = match(prediction, LABELS[0]!, setLoss.match);
    const { classes, boxes } = plainSetLoss(prediction, LABELS[0]!, pairs, setLoss);
    sum += classes + boxes;
  }
  return sum;
}

async function expectedOf(
  detector: Detector,
  trace: Trace,
  matches: Parameters<typeof edgeObjective>[2],
): Promise<number> {
  const { extras } = trace;
  const before = extras['pre.logits']
    ? [{ logits: extras['pre.logits'] as tf.Tensor3D, boxes: extras['pre.boxes'] as tf.Tensor3D }]
    : [];
  const selection = selectionOf(trace);
  const decoder = await plainOf(detector, [...decoderLayers(trace), ...before]);
  const chosen = await plainOf(detector, selection ? [selection] : []);
  const edges = edgeObjective(trace, LABELS, matches, detector.setLoss);
  return 0.7 * (decoder + 0.5 * chosen + (edges ? (await edges.data())[0]! : 0));
}

describe.skipIf(!sharedIsHere)(`set objective (${WHY_SKIPPED} otherwise)`, () => {
  test.each([
    ['detr', false, false],
    ['deformable_detr', false, false],
    ['deformable_detr_two_stage', false, false],
    ['rt_detr_v2', true, false],
    ['d_fine', true, true],
  ])('%s, with a selection: %s, with distributions of edges: %s', async (folder, selects, edges) => {
    const detector = await load(folder);
    const trace = detector.decode(detector.encode(await imageOf(folder)));
    const { loss, matches } = await setObjective(detector, trace, LABELS, SETTINGS);
    expect(selectionOf(trace) !== undefined).toBe(selects);
    expect(edgeObjective(trace, LABELS, matches, detector.setLoss) !== null).toBe(edges);
    const expected = await expectedOf(detector, trace, matches);
    expect(Math.abs((await loss.data())[0]! - expected) / expected).toBeLessThanOrEqual(1e-4);
    detector.dispose();
  });

  test.each(['detr', 'd_fine'])('%s: its heads learn from it, finitely', async (folder) => {
    const detector = await load(folder);
    const image = await imageOf(folder);
    const heads = detector.classHeads.map(({ weight }) => weight);
    const { gradients } = await gradientsOf(
      async () => {
        const trace = detector.decode(detector.encode(image));
        return { loss: (await setObjective(detector, trace, LABELS, SETTINGS)).loss, value: null };
      },
      heads.map((name) => detector.parameters.get(name)),
    );
    for (const [at, gradient] of gradients.entries()) {
      const size = Math.hypot(...((await gradient.data()) as Float32Array));
      expect(size > 0 && Number.isFinite(size), heads[at]!).toBe(true);
    }
    detector.dispose();
  });
});
