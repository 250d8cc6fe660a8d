/** A taught model, written as a checkpoint and loaded again: the same parameters bit for bit, the same detections. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { assembleCheckpoint, type Checkpoint } from '../data/checkpoint';
import { labelsOf } from '../data/config-file';
import { checkpointFiles } from '../data/export-checkpoint';
import type { OpenedDevice } from '../kernels/backend';
import { randomNormal } from '../kernels/random-normal/op';
import { maxDifference } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import { numbers } from '../kernels/testing/gradients';
import { sharedBytes, sharedIsHere, WHY_SKIPPED } from '../kernels/testing/shared';
import { adaptClasses, PRIOR_BIAS } from './adapt-classes';
import type { Detector } from './detector';
import { exportWeights } from './export';
import { loadDetector, type ModelFiles } from './load';
import { initialPatchModel } from './stepdetr/initial';
import { tensorSource, type PlainTensor } from './tensors';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

async function open(folder: string, names: readonly string[]): Promise<Checkpoint> {
  const files = new Map<string, ArrayBuffer>();
  for (const name of names) files.set(name, await sharedBytes(`${folder}/${name}`));
  return assembleCheckpoint({ id: folder, name: folder, source: 'files', files });
}

function filesOf({ config, preprocessor, weights, extra }: Checkpoint): ModelFiles {
  const [backbone, policy] = ['backbone.safetensors', 'policy.safetensors'].map((name) => extra.get(name));
  return { config, preprocessor, classes: labelsOf(config), weights, backbone, policy };
}

/** The same files as if they had been trained: every number of the chosen tensors moved. */
function taught(files: ModelFiles, chosen: (name: string) => boolean): ModelFiles {
  const moved = new Map<string, PlainTensor>();
  for (const [index, name] of files.weights.names.entries()) {
    if (!chosen(name)) continue;
    const values = files.weights.float32(name);
    const noise = numbers(values.length, index + 1);
    moved.set(name, {
      shape: files.weights.shape(name),
      data: values.map((value, i) => value * (1 + 0.01 * noise[i]!)),
    });
  }
  return { ...files, weights: tensorSource('taught', moved, files.weights) };
}

async function saveAndOpen(detector: Detector, files: ModelFiles, original?: Checkpoint): Promise<Checkpoint> {
  const saved = checkpointFiles({
    name: 'taught',
    source: 'files',
    config: files.config,
    ...(original && { original }),
    changed: await exportWeights(detector, files),
  });
  const bytes = new Map(saved.files.map(({ name, bytes: content }) => [name, content.buffer]));
  return assembleCheckpoint({ id: 'taught', name: 'taught', source: 'files', files: bytes });
}

async function differentParameters(a: Detector, b: Detector): Promise<string[]> {
  const names = a.parameters.names();
  expect(b.parameters.names()).toEqual(names);
  const different: string[] = [];
  for (const name of names) {
    const [x, y] = [await a.parameters.get(name).data(), await b.parameters.get(name).data()];
    if (!(maxDifference(x, y) === 0)) different.push(name);
  }
  return different;
}

async function scores(detector: Detector): Promise<Float32Array> {
  const [height, width] = detector.preprocessing.size;
  const packed = tf.tidy(() => {
    const image = tf.sigmoid(randomNormal<tf.Rank.R4>([1, height, width, 3], { seed: 2, stream: 0 }));
    return tf.concat(
      detector.decode(detector.encode(image)).layers.map(({ logits, boxes }) => tf.concat([logits, boxes], 2)),
    );
  });
  const values = (await packed.data()) as Float32Array;
  packed.dispose();
  return values;
}

describe.skipIf(!sharedIsHere)(`export (${WHY_SKIPPED} otherwise)`, () => {
  const NAMES = ['zebra', 'raccoon', 'Person'];

  test('DEIMv2 with its encoder trained, for other classes', async () => {
    const original = await open('weights/deimv2_atto_coco', [
      'config.json',
      'model.safetensors',
      'preprocessor_config.json',
    ]);
    const files = adaptClasses(filesOf(original), NAMES);
    const trained = taught(files, (name) => /^(encoder|decoder)\./.test(name) && !/up$|reg_scale$/.test(name));
    const spread = new Map(
      [0, 1, 2].map((k) => [`policy.${k}.log_std`, { shape: [64], data: numbers(64, k) }] as [string, PlainTensor]),
    );
    const detector = loadDetector({ ...trained, policy: tensorSource('policy', spread) });
    const opened = await saveAndOpen(detector, files, original);
    const again = loadDetector(filesOf(opened));

    expect(again.classes).toEqual(NAMES);
    expect(await differentParameters(detector, again)).toEqual([]);
    const [before, after] = [await scores(detector), await scores(again)];
    expect(before.every(Number.isFinite)).toBe(true);
    expect(maxDifference(after, before)).toBe(0);
    expect(opened.weights.metadata['format']).toBe('pt');
    for (const name of original.weights.names.filter((tensor) => tensor.startsWith('backbone.')))
      expect(opened.weights.raw(name), name).toEqual(original.weights.raw(name));
    expect([...opened.weights.names].sort()).toEqual([...original.weights.names].sort());
    detector.dispose();
    again.dispose();
  });

  test('StepDETR over patches, for other classes', async () => {
    const original = await open('reference/stepdetr_p16', ['config.json', 'model.safetensors']);
    const files = adaptClasses(filesOf(original), [...NAMES, 'class 3']);
    const detector = loadDetector(taught(files, () => true));
    const opened = await saveAndOpen(detector, files, original);
    const again = loadDetector(filesOf(opened));
    expect(again.classes).toEqual([...NAMES, 'class 3']);
    expect(opened.extra.size).toBe(0);
    expect(await differentParameters(detector, again)).toEqual([]);
    expect(maxDifference(await scores(again), await scores(detector))).toBe(0);
    detector.dispose();
    again.dispose();
  });

  test('a new StepDETR over patches is written whole, and finds nothing yet', async () => {
    const files = initialPatchModel(3, NAMES);
    const detector = loadDetector(files);
    const saved = await saveAndOpen(detector, files, undefined);
    const again = loadDetector(filesOf(saved));
    expect(await differentParameters(detector, again)).toEqual([]);
    const values = await scores(again);
    expect(values.every(Number.isFinite)).toBe(true);
    const columns = NAMES.length + 4;
    const logits = values.filter((_, i) => i % columns < NAMES.length);
    expect(Math.abs(logits.reduce((a, b) => a + b) / logits.length - PRIOR_BIAS)).toBeLessThanOrEqual(1);
    detector.dispose();
    again.dispose();
  });

  test('a model that was not taught is its files', async () => {
    const original = await open('weights/deimv2_atto_coco', ['config.json', 'model.safetensors']);
    const files = filesOf(original);
    const detector = loadDetector(files);
    expect((await exportWeights(detector, files)).size).toBe(0);
    const { weights, extra } = await saveAndOpen(detector, files, original);
    expect(extra.size).toBe(0);
    for (const name of original.weights.names) expect(weights.raw(name), name).toEqual(original.weights.raw(name));
    detector.dispose();
  });
});
