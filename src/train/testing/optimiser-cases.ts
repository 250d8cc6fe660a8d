/** What the optimiser does on every backend: resume, averages, steps that are left out. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { readNumbers } from '../../kernels/adamw/device-copy';
import { adamwReference } from '../../kernels/adamw/reference';
import { maxDifference, relativeL2 } from '../../kernels/testing/compare';
import { numbers } from '../../kernels/testing/gradients';
import type { TensorSource } from '../../lib/tensor-source';
import { Parameters, type ParameterRule } from '../../nn/parameters';
import { Optimiser, type OptimiserState } from '../optimiser';

const SHAPES: Record<string, number[]> = { matrix: [5, 7], bias: [7], head: [3], frozen: [4] };
const TRAINED = ['matrix', 'bias', 'head'];
const OPTIONS = {
  rateOf: (name: string): number => (name === 'head' ? 20 : 1),
  decays: (name: string): boolean => SHAPES[name]!.length >= 2,
  emaDecay: 0.9,
};
const STEP = { learningRate: 0.01, maxNorm: 2, weightDecay: 0.1 };

function parameters(): Parameters {
  const names = Object.keys(SHAPES);
  const source: TensorSource = {
    name: 'test',
    names,
    shape: (name) => SHAPES[name]!,
    float32: (name) => numbers(tf.util.sizeFromShape(SHAPES[name]!), names.indexOf(name)),
  };
  const rules = names.map((name): ParameterRule => ({
    name,
    group: 'decoder',
    shape: SHAPES[name]!,
    parts: [{ tensor: name, shape: SHAPES[name]! }],
    build: ([values]) => values!,
  }));
  const made = Parameters.load(rules, source);
  made.deviceResident(TRAINED);
  return made;
}

const gradientAt = (step: number, name: string): Float32Array =>
  numbers(tf.util.sizeFromShape(SHAPES[name]!), 50 * step + TRAINED.indexOf(name));

async function stepOf(optimiser: Optimiser, step: number, loss = 1): Promise<{ norm: number; applied: boolean }> {
  const gradients = TRAINED.map((name) => tf.tensor(gradientAt(step, name), SHAPES[name]!));
  const scalar = tf.scalar(loss);
  const said = await optimiser.step(gradients, scalar, STEP);
  tf.dispose([gradients, scalar]);
  return said;
}

const weightsOf = async (of: Parameters): Promise<number[]> =>
  (await Promise.all(TRAINED.map((name) => readNumbers(of.get(name))))).flatMap((values) => [...values]);

/** A parameter after `steps` steps by plain loops, and its average. */
function expected(name: string, steps: number): { parameter: Float64Array; ema: Float64Array } {
  const start = Float64Array.from(numbers(tf.util.sizeFromShape(SHAPES[name]!), Object.keys(SHAPES).indexOf(name)));
  const [m, v] = [new Float64Array(start.length), new Float64Array(start.length)];
  const slot = { parameter: start, ema: start.slice(), m, v };
  for (let step = 1; step <= steps; step++) {
    const all = TRAINED.flatMap((other) => [...gradientAt(step, other)]);
    const scale = Math.min(1, STEP.maxNorm / Math.hypot(...all));
    adamwReference({ ...slot, gradient: Float64Array.from(gradientAt(step, name)) }, scale, {
      rate: STEP.learningRate * OPTIONS.rateOf(name),
      decay: OPTIONS.decays(name) ? STEP.weightDecay : 0,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      step,
      emaDecay: Math.min(0.9, (1 + step) / (10 + step)),
    });
  }
  return slot;
}

export function testOptimiser(): void {
  test('follows the plain loops; the average shares what is not trained', async () => {
    const trained = parameters();
    const optimiser = new Optimiser(trained, TRAINED, OPTIONS);
    for (let step = 1; step <= 4; step++) {
      const { norm, applied } = await stepOf(optimiser, step);
      expect(applied).toBe(true);
      expect(norm).toBeCloseTo(Math.hypot(...TRAINED.flatMap((name) => [...gradientAt(step, name)])), 5);
    }
    const average = optimiser.ema()!;
    for (const name of TRAINED) {
      const { parameter, ema } = expected(name, 4);
      expect(relativeL2(await readNumbers(trained.get(name)), parameter), name).toBeLessThanOrEqual(1e-5);
      expect(relativeL2(await readNumbers(average.get(name)), ema), name).toBeLessThanOrEqual(1e-5);
    }
    expect(average.get('frozen')).toBe(trained.get('frozen'));
    expect(average.names()).toEqual(trained.names());
    optimiser.dispose();
    trained.dispose();
  });

  test('3 steps, a state, 3 more steps of another optimiser: 6 steps bit for bit', async () => {
    const [whole, halves] = [parameters(), parameters()];
    const through = new Optimiser(whole, TRAINED, OPTIONS);
    for (let step = 1; step <= 6; step++) await stepOf(through, step);
    const first = new Optimiser(halves, TRAINED, OPTIONS);
    for (let step = 1; step <= 3; step++) await stepOf(first, step);
    const state = await first.state();
    expect([...state.keys()]).toEqual(['m', 'v', 'ema'].flatMap((kind) => TRAINED.map((name) => `${kind}.${name}`)));
    first.dispose();
    const second = new Optimiser(halves, TRAINED, OPTIONS);
    second.load(state, first.steps);
    for (let step = 4; step <= 6; step++) await stepOf(second, step);
    expect(maxDifference(await weightsOf(halves), await weightsOf(whole))).toBe(0);
    expect(maxDifference(await weightsOf(second.ema()!), await weightsOf(through.ema()!))).toBe(0);
    expect(maxDifference(await weightsOf(halves), await weightsOf(second.ema()!))).toBeGreaterThan(1e-4);
    [through, second, whole, halves].forEach((one) => one.dispose());
  });

  test('a step that is not finite does not count', async () => {
    const [plain, spoilt] = [parameters(), parameters()];
    const [one, other] = [plain, spoilt].map((of) => new Optimiser(of, TRAINED, OPTIONS)) as [Optimiser, Optimiser];
    await stepOf(one, 1);
    await stepOf(one, 2);
    await stepOf(other, 1);
    const before = await weightsOf(spoilt);
    expect((await stepOf(other, 9, NaN)).applied).toBe(false);
    expect(maxDifference(await weightsOf(spoilt), before)).toBe(0);
    await stepOf(other, 2);
    expect(other.steps).toBe(2);
    expect(maxDifference(await weightsOf(spoilt), await weightsOf(plain))).toBe(0);
    [one, other, plain, spoilt].forEach((each) => each.dispose());
  });

  test('a state of another model is refused and changes nothing', async () => {
    const trained = parameters();
    const optimiser = new Optimiser(trained, TRAINED, OPTIONS);
    await stepOf(optimiser, 1);
    const state: OptimiserState = await optimiser.state();
    const before = (await optimiser.state()).get('m.matrix')!;
    state.get('m.matrix')!.data.fill(9);
    state.set('v.bias', { shape: [6], data: new Float32Array(6) });
    expect(() => optimiser.load(state, 5)).toThrow('expected shape [7], got [6]');
    state.delete('v.bias');
    expect(() => optimiser.load(state, 5)).toThrow('it is missing');
    expect(optimiser.steps).toBe(1);
    expect((await optimiser.state()).get('m.matrix')).toEqual(before);
    optimiser.dispose();
    trained.dispose();
  });

  test('nothing is left behind', async () => {
    const round = async (): Promise<void> => {
      const trained = parameters();
      const optimiser = new Optimiser(trained, TRAINED, OPTIONS);
      await stepOf(optimiser, 1);
      optimiser.load(await optimiser.state(), 1);
      optimiser.dispose();
      trained.dispose();
    };
    await round();
    const before = tf.memory();
    await round();
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
  });
}
