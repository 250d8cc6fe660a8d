/** One query's part of made-up traces: Q 3, C 2, D 2, M 2, K 2, N 4 + 1, three bins. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { QueryViews } from '../lib/query-views';
import type { Scoring } from '../lib/set-prediction';
import type { LayerTrace, Trace } from '../models/detector';
import { Pack, packQuery } from './query-pack';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** 0, 1, 2, … over `by`. */
const counting = <R extends tf.Rank>(shape: tf.ShapeMap[R], by = 1): tf.Tensor<R> =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => at / by),
    shape,
  );

const answer = (layer: LayerTrace['layer'], more: Partial<LayerTrace> = {}): LayerTrace => ({
  layer,
  logits: tf.tensor3d([0, 1, 2, 3, 5, 4], [1, 3, 2]),
  boxes: counting<tf.Rank.R3>([1, 3, 4], 16),
  hidden: tf.tensor3d([1, 0, 0, 1, 3, 4], [1, 3, 2]),
  ...more,
});

function traceOf(layers: LayerTrace[], more: Partial<Trace> = {}): Trace {
  const first = { hidden: tf.tensor3d([1, 0, 0, 1, 4, 3], [1, 3, 2]), boxes: counting<tf.Rank.R3>([1, 3, 4], 12) };
  const shapes = [
    [2, 2],
    [1, 1],
  ] as const;
  return { memory: { tokens: tf.zeros([1, 5, 2]), shapes: [...shapes] }, first, layers, extras: {}, ...more };
}

/** As the worker does it. */
function inspected(trace: Trace, query: number, scoring: Scoring = 'sigmoid'): QueryViews {
  const pack = new Pack();
  const read = packQuery(pack, trace, { model: 'm', scoring, query });
  pack.fill(pack.tensor().dataSync() as Float32Array);
  return read();
}

describe('a family with a query selection and deformable attention', () => {
  const trace = (): Trace => {
    const views = {
      places: counting<tf.Rank.R5>([1, 3, 2, 2, 2]),
      weights: counting<tf.Rank.R4>([1, 3, 2, 2], 16),
      self: counting<tf.Rank.R4>([1, 2, 3, 3]),
      edges: counting<tf.Rank.R4>([1, 3, 4, 3]),
      offsets: tf.tensor1d([-1, 0, 1]),
      position: tf.tensor3d([0, 0, 0, 0, 6, 8], [1, 3, 2]),
    };
    return traceOf([answer('select'), answer(1, { views })], {
      topk: tf.tensor2d([4, 0, 3], [1, 3], 'int32'),
      extras: {
        'select.logits': tf.tensor3d([0, -1, 5, 6, 0, 0, -9, 1, 2, 0], [1, 5, 2]),
      },
    });
  };

  it('says where the query came from', () => {
    const { origin, selection, levels, query, model } = inspected(trace(), 2);
    expect({ origin, levels, query, model }).toEqual({
      origin: { kind: 'selected', token: 3 },
      levels: [
        [2, 2],
        [1, 1],
      ],
      query: 2,
      model: 'm',
    });
    const expected = [0, 6, 0, 1, 2].map((x) => 1 / (1 + Math.exp(-x)));
    expect(selection).toHaveLength(5);
    expected.forEach((score, at) => expect(selection![at]).toBeCloseTo(score, 6));
  });

  it('gives the sampling points and weights of that query alone', () => {
    const { places } = inspected(trace(), 1).layers[0]!;
    expect(places!.heads).toBe(2);
    // [x, y, weight, head]
    expect([...places!.points]).toEqual(
      [
        [8, 9, 4 / 16, 0],
        [10, 11, 5 / 16, 0],
        [12, 13, 6 / 16, 1],
        [14, 15, 7 / 16, 1],
      ].flat(),
    );
  });

  it('gives self-attention as the mean of the heads, and the distribution of each edge', () => {
    const { self, edges } = inspected(trace(), 1).layers[0]!;
    expect([...self!]).toEqual([7.5, 8.5, 9.5]);
    expect([...edges!.probabilities]).toEqual(Array.from({ length: 12 }, (_, at) => 12 + at));
    expect([...edges!.offsets!]).toEqual([-1, 0, 1]);
  });

  it('has a box, a class and norms for each decoder layer', () => {
    const { layers } = inspected(trace(), 2);
    expect(layers).toHaveLength(1);
    const { layer, box, label, score, norms } = layers[0]!;
    expect({ layer, box, label }).toEqual({ layer: 1, box: [8, 9, 10, 11].map((x) => x / 16), label: 0 });
    expect(score).toBeCloseTo(1 / (1 + Math.exp(-5)), 6);
    expect(norms.content).toBeCloseTo(5, 6);
    expect(norms.position).toBeCloseTo(10, 6);
    expect(norms.cosine).toBeCloseTo(24 / 25, 6);
  });
});

describe('a family with learned queries', () => {
  it('with dense attention has no place that it starts from', () => {
    const views = { cross: counting<tf.Rank.R4>([1, 2, 3, 5]) };
    const { origin, selection, layers } = inspected(traceOf([answer(1, { views })]), 1);
    expect(origin).toEqual({ kind: 'learned' });
    expect(selection).toBeUndefined();
    expect(layers[0]!.cross!.heads).toBe(2);
    expect([...layers[0]!.cross!.weights]).toEqual([5, 6, 7, 8, 9, 20, 21, 22, 23, 24]);
    expect(Object.keys(layers[0]!).sort()).toEqual(['box', 'cross', 'label', 'layer', 'norms', 'score']);
  });

  it('with deformable attention starts from its anchor', () => {
    const views = { places: counting<tf.Rank.R5>([1, 3, 2, 2, 2]), weights: counting<tf.Rank.R4>([1, 3, 2, 2]) };
    const { origin } = inspected(traceOf([answer(1, { views })]), 1);
    expect(origin.kind === 'learned' && origin.anchor?.map((x) => Math.round(x * 12))).toEqual([4, 5]);
  });

  it('whose last column means "no object" names an object all the same', () => {
    const { label, score } = inspected(traceOf([answer(1)]), 1, 'softmax').layers[0]!;
    expect(label).toBe(0);
    expect(score).toBeCloseTo(1 / (1 + Math.E), 6);
  });
});
