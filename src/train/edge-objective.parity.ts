/** The losses of edge distributions over a trace, from PyTorch's numbers of single layers (models/set-loss/testing). */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../kernels/backend';
import { relativeL2 } from '../kernels/testing/compare';
import { openTestDevice, throwFaults } from '../kernels/testing/device';
import type { Labels, Match } from '../lib/set-prediction';
import type { LayerTrace, Trace } from '../models/detector';
import { RT_DETR_LOSS, type SetLossRecipe } from '../models/set-loss/recipe';
import cases from '../models/set-loss/testing/fine-grained-cases.json';
import { edgeObjective } from './edge-objective';
import { NO_PAIRS } from './labelled';

const EDGES = { fgl: 0.15, ddf: 1.5, bins: cases.bins, up: 0.5, regScale: 4 };
const RECIPE: SetLossRecipe = { ...RT_DETR_LOSS, fineGrained: EDGES };
const { images, queries, classes, bins } = cases;

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(() => throwFaults(opened));

/** The cases' images, then one more that shows the first again. */
const tensor = (values: readonly number[], inner: number): tf.Tensor3D =>
  tf.tensor3d([...values, ...values.slice(0, queries * inner)], [images + 1, queries, inner]);

/** Two layers: the cases' one, and the one that teaches it. */
function traceOf(): Trace {
  const [boxes, logits] = [tensor(cases.boxes, 4), tensor(cases.logits, classes)];
  const layer = (at: number): LayerTrace => ({ layer: at, boxes, logits, hidden: boxes });
  return {
    memory: { tokens: boxes, shapes: [] },
    first: layer(1),
    layers: [{ ...layer(1), layer: 'select' }, layer(1), layer(2)],
    extras: {
      'layer.0.corners': tensor(cases.corners, 4 * (bins + 1)),
      'layer.1.corners': tensor(cases.teacher, 4 * (bins + 1)),
      'layer.0.reference': tensor(cases.reference, 4),
      'layer.1.reference': tensor(cases.reference, 4),
    },
  };
}

const LABELS: (Labels | null)[] = [
  ...cases.labels.map((labels) => ({ classes: labels.classes, boxes: Float32Array.from(labels.boxes) })),
  null,
];
const PAIRS: Match[] = [
  ...cases.matches.map((pairs) => ({
    queries: Int32Array.from(pairs.queries),
    labels: Int32Array.from(pairs.labels),
  })),
  NO_PAIRS,
];

test('localisation in every layer, distillation before the last; an unlabelled image says nothing', async () => {
  const trace = traceOf();
  const loss = edgeObjective(trace, LABELS, [PAIRS, PAIRS], RECIPE)!;
  const located = (cases.fglOfImage[0]! + cases.fglOfImage[1]!) / 2;
  const only = { ...RECIPE, fineGrained: { ...EDGES, ddf: 0 } };
  const taught = { ...trace.extras, 'layer.0.corners': trace.extras['layer.1.corners']! };
  const last = edgeObjective({ ...trace, extras: taught }, LABELS, [PAIRS, PAIRS], only)!; // twice the last layer's own
  const expected = EDGES.fgl * located + (await last.data())[0]! / 2 + EDGES.ddf * cases.ddf;
  expect(relativeL2(await loss.data(), [expected])).toBeLessThanOrEqual(1e-4);
});

test('nothing without distributions, without a recipe for them, or without labels', () => {
  const trace = traceOf();
  expect(edgeObjective({ ...trace, extras: {} }, LABELS, [PAIRS, PAIRS], RECIPE)).toBeNull();
  expect(edgeObjective(trace, LABELS, [PAIRS, PAIRS], RT_DETR_LOSS)).toBeNull();
  expect(edgeObjective(trace, [null, null, null], [PAIRS, PAIRS], RECIPE)).toBeNull();
});
