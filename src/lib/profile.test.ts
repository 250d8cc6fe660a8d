import { expect, test } from 'vitest';
import { boundOf, intensityOf, ratedKernel, reportOf, roofAt, withinLayer, type KernelCost } from './profile';
import { profileCsv, profileJson } from './profile-text';

/** 100 GFLOP/s and 10 GB/s meet at 10 FLOP a byte. */
const PEAK = { flops32: 100e9, flops16: null, bandwidth: 10e9, dispatch: 2 };
const FACTS = {
  adapter: 'a "fast", one',
  model: 'm',
  inputSize: [320, 320] as const,
  method: 'timestamps' as const,
  passes: 4,
  peak: PEAK,
};

const cost = (scope: string, kernel: string, microseconds: number, bytes: number, flops: number): KernelCost => ({
  scope,
  kernel,
  count: 1,
  microseconds,
  bytes,
  flops,
});

const COSTS = [
  cost('backbone/stage 1', 'conv2d', 100, 100e3, 4e6),
  cost('backbone/stage 1', 'conv2d', 50, 50e3, 2e6),
  cost('decoder/layer 1/ffn', 'matmul', 30, 200e3, 1e5),
  cost('decoder/layer 1/heads', 'matmul', 15, 1e3, 1e3),
  cost('', 'answers', 5, 100, 0),
];

test('kernels of one part are one, layers are the first two steps of a scope', () => {
  const { kernels, layers, total } = reportOf(COSTS, FACTS);
  expect(kernels.map(({ scope, kernel, count }) => [scope, kernel, count])).toEqual([
    ['backbone/stage 1', 'conv2d', 2],
    ['decoder/layer 1/ffn', 'matmul', 1],
    ['decoder/layer 1/heads', 'matmul', 1],
    ['', 'answers', 1],
  ]);
  expect(layers.map(({ scope, microseconds, share }) => [scope, microseconds, share])).toEqual([
    ['backbone/stage 1', 150, 0.75],
    ['decoder/layer 1', 45, 0.225],
    ['', 5, 0.025],
  ]);
  expect(total).toMatchObject({ microseconds: 200, share: 1, count: 5, bytes: 351_100, flops: 6_101_000 });
  expect(withinLayer('decoder/layer 1/ffn')).toBe('ffn');
  expect(withinLayer('backbone/stage 1')).toBe('');
});

test('rates, the limit and the part of the roof', () => {
  const [stage, layer, other] = reportOf(COSTS, FACTS).layers;
  // 6 MFLOP in 150 us; 60 us at the peak, 15 us for the bytes
  expect(stage).toMatchObject({ gflops: 40, gbs: 1, bound: 'compute', ofRoof: 0.4 });
  // 20.1 us for the bytes, 4 for two dispatches
  expect(layer).toMatchObject({ bound: 'memory', count: 2 });
  expect(layer!.ofRoof).toBeCloseTo(20.1 / 45, 9);
  expect(other!.bound).toBe('overhead');
  expect(boundOf({ flops: 0, bytes: 0, count: 1 }, PEAK)).toBe('overhead');
});

test('the roof rises with the intensity up to the peak', () => {
  expect(roofAt(1, PEAK)).toBe(10e9);
  expect(roofAt(10, PEAK)).toBe(100e9);
  expect(roofAt(1000, PEAK)).toBe(100e9);
  expect(intensityOf({ flops: 30, bytes: 10 })).toBe(3);
  expect(intensityOf({ flops: 0, bytes: 0 })).toBe(0);
});

test('a clock that saw nothing divides by nothing', () => {
  const { layers, total } = reportOf([cost('encoder', 'add', 0, 10, 10)], FACTS);
  expect(layers[0]).toMatchObject({ share: 0, gflops: 0, gbs: 0, ofRoof: 0 });
  expect(total.microseconds).toBe(0);
  expect(reportOf([], FACTS)).toMatchObject({ kernels: [], layers: [], total: { count: 0, share: 0 } });
});

test('JSON says everything and the units, CSV has a row for layers, kernels and the total', () => {
  const report = reportOf(COSTS, FACTS);
  const { units, ...read } = JSON.parse(profileJson(report)) as Record<string, unknown>;
  expect(read).toEqual(JSON.parse(JSON.stringify(report)));
  expect(units).toMatchObject({ microseconds: 'us', gbs: 'GB/s' });
  const lines = profileCsv(report).trimEnd().split('\r\n');
  expect(lines).toHaveLength(1 + 3 + 4 + 1);
  expect(lines[0]).toBe('scope,kernel,microseconds,share,count,bytes,flops,gflops,gbs,bound,ofRoof');
  expect(lines[1]).toBe('backbone/stage 1,,150,0.75,2,150000,6000000,40,1,compute,0.4');
  expect(lines.at(-1)).toMatch(/^,,200,1,5,351100,6101000,/);
  expect(profileCsv(reportOf([cost('a,b', 'k"', 1, 1, 1)], FACTS))).toContain('"a,b","k""",1');
  expect(ratedKernel(report.kernels[0]!, report)).toMatchObject({ microseconds: 150, share: 0.75, bound: 'compute' });
});
