/** StepDETR against PyTorch (../shared/reference/stepdetr.py): both forms, every layer, and every gradient of the small one. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readSafetensors, type Safetensors } from '../../data/safetensors';
import type { OpenedDevice } from '../../kernels/backend';
import { maxDifference, relativeL2 } from '../../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../../kernels/testing/device';
import { sharedIsHere, WHY_SKIPPED } from '../../kernels/testing/shared';
import { gatherTokens } from '../../kernels/gather-tokens/op';
import { unbuild } from '../../nn/unbuild';
import type { Trace } from '../detector';
import { imagesOf, sharedCases, sharedCheckpoint } from '../testing/reference';
import { FORWARD_RUNS } from '../testing/runs';
import { StepDetr } from './model';
import { stepDetrRules } from './parameters';
import { openPatches } from './testing/patches';

const LOGITS = 1e-3;
const BOXES = 1e-4;
const HIDDEN = 1e-3;
const GRADIENT = 1e-2;
/** Gradients below this part of the largest one are zero. */
const NOISE = 1e-6;

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

function norm(values: Float32Array): number {
  return Math.hypot(...values);
}

async function difference(tensor: tf.Tensor, cases: Safetensors, name: string): Promise<number> {
  return maxDifference(await tensor.data(), cases.float32(name));
}

async function expectLayers({ layers }: Pick<Trace, 'layers'>, cases: Safetensors): Promise<void> {
  for (const { layer, hidden, logits, boxes } of layers) {
    if (layer === 'select') continue;
    const name = `layer.${Number(layer) - 1}`;
    expect(await difference(hidden, cases, `${name}.mean`), `${name}.mean`).toBeLessThanOrEqual(HIDDEN);
    expect(await difference(logits, cases, `${name}.logits`), `${name}.logits`).toBeLessThanOrEqual(LOGITS);
    expect(await difference(boxes, cases, `${name}.boxes`), `${name}.boxes`).toBeLessThanOrEqual(BOXES);
  }
}

async function expectSelection({ memory, topk, extras }: Trace, cases: Safetensors): Promise<void> {
  expect(await difference(memory.tokens, cases, 'memory'), 'memory').toBeLessThanOrEqual(HIDDEN);
  expect(await difference(extras['select.logits']!, cases, 'select.logits'), 'select.logits').toBeLessThanOrEqual(
    LOGITS,
  );
  expect(await difference(extras['select.boxes']!, cases, 'select.boxes'), 'select.boxes').toBeLessThanOrEqual(BOXES);
  expect(Array.from(await topk!.data())).toEqual(Array.from(cases.int64('topk'), Number));
}

describe.skipIf(!sharedIsHere)(`StepDETR over patches (${WHY_SKIPPED} otherwise)`, () => {
  let model: StepDetr;
  let cases: Safetensors;
  let image: tf.Tensor4D;
  beforeAll(async () => {
    ({ model, cases, image } = await openPatches());
  });

  test.each(FORWARD_RUNS)('forward, $name: memory, selection and every layer', async ({ forward }) => {
    const trace = forward(model, image, { dense: true });
    await expectSelection(trace, cases);
    await expectLayers(trace, cases);
  });

  test('the selection predicts the same with and without the other tokens', async () => {
    const memory = model.encode(image);
    const [dense, sparse] = [true, false].map((wanted) => model.decode(memory, { dense: wanted }).layers[0]!);
    expect(maxDifference(await dense!.boxes.data(), await sparse!.boxes.data())).toBeLessThanOrEqual(1e-6);
  });

  test('views: where every query looked in every layer, answers as without them', async () => {
    const trace = model.decode(model.encode(image), { views: true });
    await expectLayers(trace, cases);
    for (const { views } of trace.layers.slice(1)) {
      for (const shares of [views!.weights!, views!.self!]) {
        const sums = await tf.sum(shares, -1).data();
        expect(maxDifference(sums, new Float32Array(sums.length).fill(1))).toBeLessThanOrEqual(1e-5);
      }
      expect(views!.places!.shape).toEqual([...views!.weights!.shape, 2]);
    }
  });

  test('backward: every gradient', async () => {
    const rules = stepDetrRules(model.config).filter(({ group }) => group !== 'policy');
    const xs = rules.map(({ name }) => model.parameters.get(name));
    const meanSquare = (x: tf.Tensor): tf.Scalar => tf.mean(tf.square(x));
    const { value, grads } = tf.engine().gradients(() => {
      const { layers, extras } = model.decode(model.encode(image), { dense: true });
      const terms = [
        extras['select.logits']!,
        extras['select.boxes']!,
        ...layers.slice(1).flatMap(({ logits, boxes }) => [logits, boxes]),
      ];
      return terms.map(meanSquare).reduce((a, b) => tf.add(a, b));
    }, xs);
    const expected = cases.float32('loss')[0]!;
    expect(Math.abs((await value.data())[0]! - expected) / expected).toBeLessThanOrEqual(1e-4);
    const names = cases.names.filter((name) => name.startsWith('grad.'));
    // A key's bias moves all scores of a query alike, so its gradient is zero and PyTorch's answer is rounding noise.
    const noise = NOISE * Math.max(...names.map((name) => norm(cases.float32(name))));
    let compared = 0;
    for (const [index, rule] of rules.entries()) {
      const parts = unbuild(rule, (await grads[index]!.data()) as Float32Array);
      for (const [tensor, values] of parts) {
        const reference = cases.float32(`grad.${tensor}`);
        if (norm(reference) <= noise) expect(norm(values), `${tensor}, zero`).toBeLessThanOrEqual(noise);
        else expect(relativeL2(values, reference), tensor).toBeLessThanOrEqual(GRADIENT);
        compared++;
      }
    }
    expect(compared).toBe(names.length);
  });
});

describe.skipIf(!sharedIsHere)(`StepDETR-S over the frozen backbone (${WHY_SKIPPED} otherwise)`, () => {
  let model: StepDetr;
  let cases: Safetensors;
  beforeAll(async () => {
    const folder = 'weights/stepdetr_s';
    const backbone = await fetch('/models/stepdetr_s/backbone.safetensors');
    model = StepDetr.load({
      ...(await sharedCheckpoint(folder)),
      backbone: readSafetensors(await backbone.arrayBuffer(), 'backbone.safetensors'),
    });
    cases = await sharedCases(folder);
  });

  test('the backbone’s features are those of the graph', async () => {
    const image = tf.tensor4d(Float32Array.from(cases.raw('input.image')), [2, 384, 384, 3]);
    const features = model.features(image);
    for (const [index, stride] of [16, 32].entries()) {
      const expected = await imagesOf(cases, `backbone.${stride}`).data();
      expect(relativeL2(await features[index]!.data(), expected), `stride ${stride}`).toBeLessThanOrEqual(1e-4);
    }
  });

  test('forward from the reference’s features: memory, selection and every layer', async () => {
    const trace = model.decode(model.encodeFeatures(imagesOf(cases, 'backbone.16'), imagesOf(cases, 'backbone.32')), {
      dense: true,
    });
    await expectSelection(trace, cases);
    await expectLayers(trace, cases);
  });

  test.each(FORWARD_RUNS)('forward from the pixels, $name: every layer', async ({ forward }) => {
    const image = tf.tensor4d(Float32Array.from(cases.raw('input.image')), [2, 384, 384, 3]);
    const { memory, topk, extras } = forward(model, image, { dense: true });
    const { 'select.logits': logits, 'select.boxes': boxes } = extras as Record<string, tf.Tensor3D>;
    expect(await difference(logits!, cases, 'select.logits'), 'select.logits').toBeLessThanOrEqual(LOGITS);
    expect(await difference(boxes!, cases, 'select.boxes'), 'select.boxes').toBeLessThanOrEqual(BOXES);
    const wanted = Int32Array.from(cases.int64('topk'), Number);
    await expectTiesAlone(logits!, (await topk!.data()) as Int32Array, wanted);
    // Of two tokens that tie within the bounds either may be chosen; what follows is held to the reference's choice.
    const chosen = tf.tensor2d(wanted, topk!.shape, 'int32');
    const first = { hidden: gatherTokens(memory.tokens, chosen), boxes: gatherTokens(boxes!, chosen) };
    await expectLayers({ layers: model.decodeFrom(memory, first) }, cases);
  });

  /** Where another token was chosen than the reference's, its best score is the same within what the logits may differ by. */
  async function expectTiesAlone(logits: tf.Tensor3D, chosen: Int32Array, wanted: Int32Array): Promise<void> {
    const [images, tokens] = logits.shape;
    const best = (await tf.max(logits, 2).data()) as Float32Array;
    const scores = (indices: Int32Array): Float32Array =>
      Float32Array.from(indices, (token, at) => best[Math.floor(at / (indices.length / images)) * tokens + token]!);
    expect(maxDifference(scores(chosen), scores(wanted))).toBeLessThanOrEqual(LOGITS);
  }
});
