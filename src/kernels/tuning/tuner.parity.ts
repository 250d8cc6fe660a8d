import * as tf from '@tensorflow/tfjs-core';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { OpenedDevice } from '../backend';
import { matMul } from '../matmul/op';
import { productReference } from '../matmul/reference';
import { runProgram } from '../program';
import { relativeL2 } from '../testing/compare';
import { openTestDevice, throwFaults } from '../testing/device';
import { numbers } from '../testing/gradients';
import { filled } from './lab';
import { EMPTY_TABLE, parseTable } from './table';
import { tune, tuningKey, type TuningStore } from './tuner';
import { allTunables, chooseVariant, useTable, type Tunable } from './tuning';

let opened: OpenedDevice;
beforeAll(async () => {
  opened = await openTestDevice();
});
afterEach(async () => {
  useTable(EMPTY_TABLE);
  await throwFaults(opened);
});

const COUNT = 4096;

/** What doubling may look like: right by one step or by many, not quite right, not numbers, no WGSL, too much memory. */
const BODIES = {
  right: 'result[index] = 2.0 * x[index];',
  slow: 'var sum = 0.0; for (var i = 0; i < 2000; i++) { sum += x[(index + i) % 4096] * 1e-30; } result[index] = 2.0 * x[index] + sum;',
  wrong: 'result[index] = 2.001 * x[index];',
  nan: 'result[index] = x[index] * uniforms.NAN;',
  invalid: 'result[index] = nothing * x[index];',
  greedy: 'held[index % 4096] = vec4<f32>(x[index]); result[index] = 2.0 * held[index % 4096].x;',
} as const;

function double(x: TensorInfo, variant: string): TensorInfo {
  const head = variant === 'greedy' ? 'var<workgroup> held : array<vec4<f32>, 1048576>;\n' : '';
  return runProgram(opened.backend, {
    name: `StepDoubling ${variant}`,
    source: `${head}fn main(index : i32) { if (index < i32(uniforms.factor) * 2048) { ${BODIES[variant as 'right']} } }`,
    inputs: { x },
    output: { shape: [COUNT] },
    work: COUNT,
    uniforms: { factor: { f32: [2] } },
  });
}

function memoryStore(): TuningStore & { kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    read: (key) => Promise.resolve(kept.get(key) ?? null),
    write: (key, table) => Promise.resolve(void kept.set(key, table)),
  };
}

test('wrong, failing and slow variants lose, and nobody else hears of their errors', async () => {
  const candidates = Object.keys(BODIES);
  const doubling: Tunable = {
    candidates,
    cases: [[COUNT]],
    prepare(backend) {
      const x = filled(backend, [COUNT], 1);
      return { inputs: [x], run: (variant) => double(x, variant) };
    },
  };
  const before = opened.backend.numDataIds();
  const { table } = await tune(opened.backend, opened.info, {
    store: memoryStore(),
    budget: 60_000,
    tunables: new Map([['doubling', doubling]]),
  });
  const { struck } = table;
  expect(struck.map(({ variant }) => variant)).toEqual(['wrong', 'nan', 'invalid', 'greedy']);
  expect(struck[0]!.reason).toMatch(/numbers are off by 5\.0e-4/);
  expect(struck[1]!.reason).toMatch(/numbers are off by Infinity/);
  expect(struck[2]!.reason).toMatch(/nothing/);
  const measured = table.measured.find(({ kernel }) => kernel === 'doubling')!.microseconds;
  expect(Object.keys(measured)).toEqual(['right', 'slow']);
  expect(measured['slow']! / measured['right']!).toBeGreaterThan(2);
  expect(chooseVariant('doubling', [COUNT], candidates, 'slow')).toBe('right');
  await throwFaults(opened);
  expect(opened.backend.numDataIds()).toBe(before);
});

test('the matrix product is tuned within the bound, its answers stay right, and the next visit measures nothing', async () => {
  const store = memoryStore();
  const stated = allTunables().get('matmul')!;
  // On software adapters it has nothing to choose from; here it has, at its cheapest case.
  const tunables = new Map([
    ['matmul', { ...stated, cases: stated.cases.slice(0, 1), fits: () => ['direct', 'tile32'] }],
  ]);
  const report = await tune(opened.backend, opened.info, { store, tunables });
  expect(report.source).toBe('measured');
  // A pipeline that is being made is waited for, on a machine with other work.
  expect(report.milliseconds).toBeLessThanOrEqual(2 * 2000);
  expect(report.table.measured.map(({ kernel }) => kernel)).toContain('matmul');
  for (const [rows, inner, columns] of [
    [320, 256, 256],
    [9, 256, 252],
    [1600, 128, 128],
  ] as const) {
    const [a, b] = [numbers(rows * inner, 1), numbers(inner * columns, 2)];
    const out = tf.tidy(() => matMul(tf.tensor2d(a, [rows, inner]), tf.tensor2d(b, [inner, columns])));
    const expected = productReference(a, b, { matrices: [1, 1], rows, inner, columns });
    expect(relativeL2(await out.data(), expected)).toBeLessThanOrEqual(1e-5);
  }
  expect([...store.kept.keys()]).toEqual([tuningKey(opened.info, tunables)]);
  expect(parseTable([...store.kept.values()][0]!)).toEqual(report.table);
  const again = await tune(opened.backend, opened.info, { store, tunables });
  expect(again).toEqual({ table: report.table, source: 'store', milliseconds: 0 });
});

test('a store that fails costs a measurement, not the visit', async () => {
  const broken: TuningStore = {
    read: () => Promise.reject(new Error('no storage')),
    write: () => Promise.reject(new Error('no storage')),
  };
  const report = await tune(opened.backend, opened.info, { store: broken, budget: 1 });
  expect(report.source).toBe('measured');
});

test('other work in between is not disturbed', async () => {
  const x = tf.tensor1d(numbers(COUNT, 3));
  const doubled = await x.data();
  const idle = async (): Promise<void> => {
    // as a detection that runs whenever the tuner lets go
    const out = tf.tidy(() => tf.mul(x, 2));
    const got = await out.data();
    out.dispose();
    expect(
      relativeL2(
        got,
        doubled.map((value) => 2 * value),
      ),
    ).toBeLessThanOrEqual(1e-6);
  };
  await tune(opened.backend, opened.info, { store: memoryStore(), idle, budget: 300 });
  x.dispose();
});
