/** What a detection costs, and a budget of memory that is kept: on the embedded model. */
import { beforeAll, expect, test } from 'vitest';
import { openEmbedded } from '../data/checkpoint';
import { maxDifference } from '../kernels/testing/compare';
import type { ProfileReport } from '../lib/profile';
import { DeviceOwner } from './device';
import { Engine } from './engine';
import { profilePlan } from './profile';
import type { ForwardPlans } from '../models/forward-plans';

const signal = new AbortController().signal;
let engine: Engine;
let photo: Blob;

beforeAll(async () => {
  const device = new DeviceOwner('high-performance', 'webgpu', () => undefined);
  await device.open();
  engine = new Engine(device, () => undefined);
  engine.use(await openEmbedded('stepdetr_s', location.origin, () => undefined, signal));
  await engine.warmUp();
  photo = await (await fetch('/samples/cat.jpg')).blob();
});

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Layers of StepDETR that every profile names. */
const PARTS = [
  'backbone/stage 1',
  'encoder/projection',
  'encoder/layer 1',
  'encoder/fusion',
  'select',
  'decoder/layer 1',
  'decoder/layer 3',
  'answer',
];

function expectWhole({ layers, total, peak }: ProfileReport): void {
  const names = layers.map(({ scope }) => scope);
  for (const part of PARTS) expect(names).toContain(part);
  // nothing runs outside of the named parts
  expect(names).not.toContain('');
  expect(total.microseconds).toBeGreaterThan(0);
  expect(Math.abs(sum(layers.map(({ share }) => share)) - 1)).toBeLessThanOrEqual(1e-6);
  expect(sum(layers.map(({ count }) => count))).toBe(total.count);
  expect(total.bytes).toBeGreaterThan(engine.memory().weightBytes!);
  expect(peak.flops32).toBeGreaterThan(0);
}

test('a profile names every part, its kernels and what the device can do', async ({ skip }) => {
  if (!engine.device.gpu!.device.features.has('timestamp-query')) return skip('this adapter has no timestamp-query');
  const report = await engine.profile(photo, 'cat.jpg', signal);
  console.info(
    report.layers.map(
      (l) => `${l.scope}: ${Math.round(l.microseconds)} us, ${l.gflops.toFixed(2)} GFLOP/s, ${l.bound}`,
    ),
  );
  expect(report).toMatchObject({ method: 'timestamps', model: 'stepdetr_s' });
  expectWhole(report);
  const kernels = report.kernels.filter(({ scope }) => scope.startsWith('decoder/layer 1'));
  expect(new Set(kernels.map(({ scope }) => scope))).toEqual(
    new Set(['self attention', 'cross attention', 'ffn', 'heads'].map((part) => `decoder/layer 1/${part}`)),
  );
  expect(report.kernels.every(({ kernel, microseconds }) => kernel !== '' && microseconds >= 0)).toBe(true);
  // as sendable as everything that crosses the worker
  expect(structuredClone(report)).toEqual(report);
});

test('without a clock the parts are timed by waiting for each', async () => {
  const { gpu } = engine.device;
  const { plans } = (engine as unknown as { current: { plans: ForwardPlans } }).current;
  const size = [384, 384] as const;
  const report = await profilePlan(gpu!, plans.of(size), {
    adapter: 'a',
    model: 'm',
    inputSize: size,
    signal,
    waiting: true,
  });
  expect(report.method).toBe('queue');
  expectWhole(report);
});

test('profiling leaves results and memory as they are', async () => {
  const before = await engine.detect(photo, 'cat.jpg', signal);
  const memory = engine.memory();
  await engine.profile(photo, 'cat.jpg', signal);
  expect(engine.memory()).toEqual(memory);
  const after = await engine.detect(photo, 'cat.jpg', signal);
  expect(maxDifference(after.layers.at(-1)!.score, before.layers.at(-1)!.score)).toBeLessThanOrEqual(1e-6);
});

test('a small budget is kept after each detection, the answers are the same', async () => {
  const { budget } = engine.device;
  const free = await engine.detect(photo, 'cat.jpg', signal);
  const { gpuBytes, weightBytes, planBytes } = engine.memory();
  expect(planBytes).toBeGreaterThan(0);
  // room for everything but the plan
  const small = gpuBytes - planBytes;
  expect(small).toBeGreaterThan(weightBytes!);
  try {
    budget.ask(small);
    for (let run = 0; run < 2; run++) {
      const bound = await engine.detect(photo, 'cat.jpg', signal);
      expect(engine.memory().gpuBytes).toBeLessThanOrEqual(small);
      expect(engine.memory()).toMatchObject({ budget: small, planBytes: 0 });
      bound.layers.forEach((layer, index) => {
        expect(maxDifference(layer.score, free.layers[index]!.score)).toBeLessThanOrEqual(1e-6);
        expect(maxDifference(layer.boxes, free.layers[index]!.boxes)).toBeLessThanOrEqual(1e-6);
      });
    }
  } finally {
    budget.ask(null);
  }
  await engine.detect(photo, 'cat.jpg', signal);
  expect(engine.memory().planBytes).toBeGreaterThan(0);
});

test('a budget with no room for transformed filters either takes them too, and the answers are the same', async () => {
  const { budget } = engine.device;
  const free = await engine.detect(photo, 'cat.jpg', signal);
  const { gpuBytes, weightBytes, planBytes, filterBytes } = engine.memory();
  expect(filterBytes).toBeGreaterThan(0);
  const small = gpuBytes - planBytes - filterBytes;
  expect(small).toBeGreaterThanOrEqual(weightBytes!);
  try {
    budget.ask(small);
    for (let run = 0; run < 2; run++) {
      const bound = await engine.detect(photo, 'cat.jpg', signal);
      expect(engine.memory()).toMatchObject({ planBytes: 0, filterBytes: 0 });
      expect(engine.memory().gpuBytes).toBeLessThanOrEqual(small);
      bound.layers.forEach((layer, index) => {
        expect(maxDifference(layer.score, free.layers[index]!.score)).toBeLessThanOrEqual(1e-6);
        expect(maxDifference(layer.boxes, free.layers[index]!.boxes)).toBeLessThanOrEqual(1e-6);
      });
    }
  } finally {
    budget.ask(null);
  }
});
