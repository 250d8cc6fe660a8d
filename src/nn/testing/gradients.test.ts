import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { expect, test } from 'vitest';
import { relativeL2 } from '../../kernels/testing/compare';
import { dot, numbers } from '../../kernels/testing/gradients';
import type { TensorSource } from '../../lib/tensor-source';
import type { ParameterRule } from '../parameters';
import { convNorm, linear, repVgg, splitLinear } from '../rules';
import { chainBack } from './chain-back';
import { expectEveryGradient } from './gradients';

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

type Plain = Map<string, { shape: readonly number[]; data: Float32Array }>;

function sourceOf(tensors: Plain): TensorSource {
  return {
    name: 'test',
    names: [...tensors.keys()],
    shape: (tensor) => tensors.get(tensor)!.shape,
    float32: (tensor) => tensors.get(tensor)!.data,
  };
}

const RULES: ParameterRule[] = [
  ...linear('heads', 'head', 3, 2),
  ...splitLinear('decoder', 'attention', { weight: 'in.weight', bias: 'in.bias' }, ['q', 'k', 'v'], 3, 2),
  ...convNorm('backbone', 'stem', 'stem.conv', 'stem.bn', { input: 2, output: 3, kernel: 3 }),
  ...convNorm('backbone', 'deep', 'deep.conv', 'deep.bn', { input: 4, output: 4, kernel: 3, depthwise: true }),
  ...repVgg('encoder', 'rep', 2),
];

/** Values near 1 where the square root of a variance is taken. */
function checkpoint(): Plain {
  const parts = new Map(RULES.flatMap(({ parts }) => parts.map(({ tensor, shape }) => [tensor, shape])));
  return new Map(
    [...parts].map(([tensor, shape], seed) => {
      const data = numbers(sizeOf(shape), seed + 1);
      return [tensor, { shape, data: tensor.endsWith('var') ? data.map((v) => 1 + v / 2) : data }];
    }),
  );
}

const GRADIENTS = RULES.map(({ shape }, seed) => numbers(sizeOf(shape), seed + 100));

/** Sum of all parameters times their gradients, which has these gradients. */
function loss(tensors: Plain): number {
  return RULES.reduce((sum, { parts, build }, at) => {
    const built = build(parts.map(({ tensor }) => tensors.get(tensor)!.data));
    return sum + dot(built, GRADIENTS[at]!);
  }, 0);
}

/** Central differences; the loss is linear in every one of these numbers, so the step may be large. */
function expectedGradient(tensors: Plain, tensor: string): Float32Array {
  const { shape, data } = tensors.get(tensor)!;
  return data.map((value, i) => {
    const [above, below] = [0.5, -0.5].map((step) => {
      const moved = data.slice();
      moved[i] = value + step;
      return loss(new Map(tensors).set(tensor, { shape, data: moved }));
    });
    return above! - below!;
  });
}

const learns = (tensor: string): boolean => !/running_(mean|var)$/.test(tensor);

test('gradients go back through every rule as finite differences say', () => {
  const tensors = checkpoint();
  const back = chainBack(RULES, GRADIENTS, sourceOf(tensors));
  expect([...back.keys()].sort()).toEqual([...tensors.keys()].filter(learns).sort());
  for (const [tensor, values] of back)
    expect(relativeL2(values, expectedGradient(tensors, tensor)), tensor).toBeLessThanOrEqual(1e-4);
});

/** The harness's arguments, with every gradient of the reference as it should be but `changed`. */
function compared(changed: Plain = new Map(), left: (tensor: string) => boolean = learns) {
  const tensors = checkpoint();
  const cases: Plain = new Map(
    [...tensors.keys()].filter(left).map((tensor) => {
      const entry = { shape: tensors.get(tensor)!.shape, data: expectedGradient(tensors, tensor) };
      return [`grad.${tensor}`, changed.get(tensor) ?? entry];
    }),
  );
  for (const [tensor, entry] of changed) cases.set(`grad.${tensor}`, entry);
  const gradients = GRADIENTS.map((values, at) => tf.tensor(values, [...RULES[at]!.shape]));
  return { rules: RULES, gradients, source: sourceOf(tensors), cases: sourceOf(cases) };
}

const wrong = (tensor: string, data: number[]): Plain =>
  new Map([[tensor, { shape: [data.length], data: Float32Array.from(data) }]]);

test('equal gradients pass, and those of a frozen batch norm may be absent or its own numbers', async () => {
  const { compared: all } = await expectEveryGradient(compared());
  const { compared: fewer } = await expectEveryGradient(compared(undefined, (t) => learns(t) && !/bn\./.test(t)));
  expect([all, fewer]).toEqual([16, 12]);
  const buffers = new Map([...checkpoint()].filter(([tensor]) => /bn\.(weight|bias)$/.test(tensor)));
  expect((await expectEveryGradient(compared(buffers))).compared).toBe(12);
});

test('different, unknown and missing gradients fail', async () => {
  await expect(expectEveryGradient(compared(wrong('head.bias', [1, 2])))).rejects.toThrow('head.bias');
  await expect(expectEveryGradient(compared(wrong('head.bias', [NaN, 1])))).rejects.toThrow('head.bias');
  await expect(expectEveryGradient(compared(wrong('other', [1])))).rejects.toThrow('no rule of ours reads');
  const without = compared(undefined, (t) => learns(t) && t !== 'in.bias');
  await expect(expectEveryGradient(without)).rejects.toThrow('without a gradient in the reference');
  const nan = compared();
  nan.gradients[0] = tf.fill([3, 2], NaN);
  await expect(expectEveryGradient(nan)).rejects.toThrow('head.weight');
});

test('what is skipped is not compared', async () => {
  const { compared: count } = await expectEveryGradient({ ...compared(wrong('head.bias', [1, 2])), skip: /^head/ });
  expect(count).toBe(14);
});
