import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import type { TensorSource } from '../lib/tensor-source';
import { Parameters } from './parameters';
import { convNorm, convolution, joinedLinear, linear, repVgg, splitLinear } from './rules';

function source(tensors: Record<string, { shape: number[]; values: number[] }>): TensorSource {
  return {
    name: 'test.safetensors',
    names: Object.keys(tensors),
    shape: (name) => tensors[name]!.shape,
    float32: (name) => Float32Array.from(tensors[name]!.values),
  };
}

const counting = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

test('linear weights are transposed', () => {
  const [weight] = linear('heads', 'a', 3, 2);
  expect(weight!.shape).toEqual([3, 2]);
  expect([...weight!.build([Float32Array.from([1, 2, 3, 4, 5, 6])])]).toEqual([1, 4, 2, 5, 3, 6]);
});

test('joined linears stand side by side', () => {
  const [weight, bias] = joinedLinear('heads', 'ab', ['a', 'b'], 2, 1);
  expect([...weight!.build([Float32Array.of(1, 2), Float32Array.of(3, 4)])]).toEqual([1, 3, 2, 4]);
  expect([...bias!.build([Float32Array.of(5), Float32Array.of(6)])]).toEqual([5, 6]);
});

test('in_proj is cut into its linears', () => {
  const rules = splitLinear('decoder', 'att', { weight: 'w', bias: 'b' }, ['q', 'k'], 2, 1);
  expect(rules.map(({ name }) => name)).toEqual(['att.q.weight', 'att.q.bias', 'att.k.weight', 'att.k.bias']);
  const stored = [Float32Array.of(1, 2, 3, 4)];
  expect([...rules[2]!.build(stored)]).toEqual([3, 4]);
  expect([...rules[3]!.build([Float32Array.of(7, 8)])]).toEqual([8]);
});

test('convolutions become HWIO', () => {
  const [weight] = convolution('encoder', 'c', 2, 3, 2);
  const oihw = counting(24);
  const hwio = weight!.build([Float32Array.from(oihw)]);
  for (let y = 0; y < 2; y++)
    for (let x = 0; x < 2; x++)
      for (let i = 0; i < 2; i++)
        for (let o = 0; o < 3; o++)
          expect(hwio[((y * 2 + x) * 2 + i) * 3 + o]).toBe(oihw[((o * 2 + i) * 2 + y) * 2 + x]);
});

test('batch norm is folded: gamma (w x - mean) / sqrt(var + eps) + beta', () => {
  const [weight, bias] = convNorm('backbone', 'c', 'c.conv', 'c.bn', { input: 1, output: 1, kernel: 1 });
  const [w, gamma, beta, mean, variance] = [3, 2, 0.5, 4, 9];
  const parts = [w, gamma, beta, mean, variance].map((v) => Float32Array.of(v));
  const gain = gamma / Math.sqrt(variance + 1e-5);
  expect(weight!.build(parts)[0]).toBeCloseTo(w * gain, 6);
  expect(bias!.build(parts)[0]).toBeCloseTo(beta - mean * gain, 6);
});

test('RepVGG: the 1x1 lands in the centre of the 3x3', () => {
  const [weight, bias] = repVgg('encoder', 'r', 1);
  const identity = [1, 0, 0, 1 - 1e-5].map((v) => Float32Array.of(v));
  const shifted = [1, 2, 0, 1 - 1e-5].map((v) => Float32Array.of(v));
  const parts = [Float32Array.from(counting(9)), ...identity, Float32Array.of(10), ...shifted];
  const built = weight!.build(parts);
  expect(built[4]).toBeCloseTo(14, 5);
  expect(built[3]).toBeCloseTo(3, 5);
  expect(bias!.build(parts)[0]).toBeCloseTo(2, 5);
});

test('missing, left over and misshapen tensors are all named', () => {
  const rules = linear('heads', 'a', 3, 2);
  const file = source({ 'a.weight': { shape: [3, 2], values: counting(6) }, 'b.weight': { shape: [1], values: [0] } });
  expect(() => Parameters.load(rules, file)).toThrow(
    /a\.weight: expected shape \[2, 3\], got \[3, 2\].*a\.bias is missing.*b\.weight is left over/,
  );
});

test('counters that nothing reads may stay', () => {
  const rules = linear('heads', 'a', 1, 1);
  const good = { 'a.weight': { shape: [1, 1], values: [2] }, 'a.bias': { shape: [1], values: [3] } };
  const parameters = Parameters.load(rules, source({ ...good, 'bn.num_batches_tracked': { shape: [], values: [1] } }));
  expect(parameters.count).toBe(2);
  expect(parameters.names()).toEqual(['a.weight', 'a.bias']);
  parameters.dispose();
});

test('some tensors of its own, all others shared and live', () => {
  const whole = Parameters.load(
    linear('heads', 'a', 2, 1),
    source({
      'a.weight': { shape: [1, 2], values: [1, 2] },
      'a.bias': { shape: [1], values: [3] },
    }),
  );
  const bias = tf.tensor1d([4]);
  const other = whole.with(new Map([['a.bias', bias]]));
  expect(other.get('a.bias')).toBe(bias);
  expect(whole.get('a.bias').dataSync()[0]).toBe(3);
  const before = whole.get('a.weight');
  whole.set('a.weight', tf.tensor2d([5, 6], [2, 1]));
  expect(before.isDisposed).toBe(true);
  expect(other.get('a.weight')).toBe(whole.get('a.weight'));
  expect(other.names()).toEqual(whole.names());
  expect(() => other.set('a.weight', bias)).toThrow('a.weight');
  expect(() => whole.with(new Map([['b', bias]]))).toThrow('never loaded');
  other.dispose();
  expect(bias.isDisposed).toBe(true);
  expect(whole.get('a.weight').isDisposed).toBe(false);
});
