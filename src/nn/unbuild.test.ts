import { expect, test } from 'vitest';
import { numbers } from '../kernels/testing/gradients';
import type { ParameterRule } from './parameters';
import { convNorm, convolution, joinedLinear, linear, plain, repVgg, splitLinear } from './rules';
import { unbuild, writeBack } from './unbuild';

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Parameters of every rule through the checkpoint's tensors and back. */
function roundTrip(rules: readonly ParameterRule[]): { before: Float32Array[]; after: Float32Array[] } {
  const tensors = new Map<string, Float32Array>();
  for (const { parts } of rules)
    for (const { tensor, shape } of parts) tensors.set(tensor, new Float32Array(sizeOf(shape)).fill(NaN));
  const before = rules.map(({ shape }, index) => numbers(sizeOf(shape), index + 1).map((x) => x * 10 ** (x * 20)));
  rules.forEach((rule, index) => writeBack(rule, before[index]!, tensors));
  const after = rules.map(({ parts, build }) => build(parts.map(({ tensor }) => tensors.get(tensor)!)));
  return { before, after };
}

test.each([
  ['plain', [plain('heads', 'a', [2, 3])]],
  ['linear', linear('heads', 'a', 3, 5)],
  ['joined linears', joinedLinear('heads', 'ab', ['a', 'b'], 3, 5)],
  ['split linears', splitLinear('decoder', 'a', { weight: 'w', bias: 'b' }, ['q', 'k', 'v'], 3, 5)],
  ['convolution', convolution('encoder', 'a', 2, 3, 3)],
  ['convolution over a patch vector', convolution('encoder', 'a', 3, 4, 2, [4, 12])],
  ['convolution with batch norm', convNorm('encoder', 'a', 'a.conv', 'a.norm', { input: 4, output: 3, kernel: 3 })],
  [
    'depthwise convolution with batch norm',
    convNorm('encoder', 'a', 'a.conv', 'a.norm', { input: 3, output: 3, kernel: 3, depthwise: true }),
  ],
  ['RepVGG', repVgg('encoder', 'a', 3)],
] as [string, ParameterRule[]][])('%s comes back bit for bit', (_, rules) => {
  const { before, after } = roundTrip(rules);
  before.forEach((values, index) => expect([...after[index]!]).toEqual([...values]));
});

test('what other rules read of a tensor stays', () => {
  const rules = splitLinear('decoder', 'a', { weight: 'w', bias: 'b' }, ['q', 'k'], 1, 2);
  const tensors = new Map([['b', Float32Array.of(1, 2, 3, 4)]]);
  writeBack(rules[3]!, Float32Array.of(8, 9), tensors);
  expect([...tensors.get('b')!]).toEqual([1, 2, 8, 9]);
  expect([...unbuild(rules[3]!, Float32Array.of(8, 9)).get('b')!]).toEqual([0, 0, 8, 9]);
});

test('a rule that computes and states no way back is refused', () => {
  const rule: ParameterRule = { ...plain('heads', 'a', [2]), build: ([x]) => x!.map((v) => v / 3) };
  expect(() => unbuild(rule, Float32Array.of(1, 2))).toThrow('a: expected a rule that moves numbers, it computes');
});
