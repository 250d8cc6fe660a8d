import { expect, test } from 'vitest';
import { reportOf } from '../../lib/profile';
import { formatBandwidth, formatFlops, formatMicroseconds, formatSpeed } from './figures';
import { placeable, radiusOf, roofLine, scaleOf, ticksOf } from './roofline-scale';

/** The ridge is at 10 FLOP a byte. */
const peak = { flops32: 100e9, flops16: null, bandwidth: 10e9, dispatch: 2 };
const cost = (scope: string, microseconds: number, bytes: number, flops: number) => ({
  scope,
  kernel: 'k',
  count: 1,
  microseconds,
  bytes,
  flops,
});
const { layers } = reportOf(
  [cost('a', 100, 1e5, 1e6), cost('b', 10, 1e6, 0), cost('c', 0, 1, 1), cost('d', 50, 1e3, 5e5)],
  { adapter: '', model: '', inputSize: [1, 1], method: 'timestamps', passes: 1, peak },
);
const frame = { left: 40, top: 10, width: 300, height: 200 };

test('only parts with operations, bytes and a time have a place', () => {
  expect(placeable(layers).map(({ scope }) => scope)).toEqual(['a', 'd']);
});

test('axes end at powers of ten around everything, the roof bends at the ridge', () => {
  const shown = placeable(layers);
  const scale = scaleOf(shown, peak, frame);
  // 10 and 500 FLOP a byte, and a third and three times the ridge
  expect(scale.x).toEqual({ from: 0, to: 3 });
  // 10 GFLOP/s at 10 and at 500 FLOP a byte, the roof from 10 to 100
  expect(scale.y).toEqual({ from: 1, to: 3 });
  expect([scale.toX(1), scale.toX(1000)]).toEqual([40, 340]);
  expect([scale.toY(10), scale.toY(1000)]).toEqual([210, 10]);
  const [start, ridge, end] = roofLine(scale, peak.flops32, peak.bandwidth);
  expect(start).toEqual([40, 210]);
  expect(ridge![0]).toBeCloseTo(140, 9);
  expect(ridge![1]).toBeCloseTo(110, 9);
  expect(end![0]).toBe(340);
  expect(end![1]).toBe(ridge![1]);
});

test('with nothing to place the roofs still have a picture', () => {
  const scale = scaleOf([], peak, frame);
  expect(scale.x.to - scale.x.from).toBeGreaterThanOrEqual(2);
  for (const [x, y] of roofLine(scale, peak.flops32, peak.bandwidth)) {
    expect(x).toBeGreaterThanOrEqual(frame.left);
    expect(y).toBeGreaterThanOrEqual(frame.top);
    expect(y).toBeLessThanOrEqual(frame.top + frame.height);
  }
});

test('ticks thin out, dots grow with the time', () => {
  expect(ticksOf({ from: -1, to: 3 })).toEqual([-1, 0, 1, 2, 3]);
  expect(ticksOf({ from: -4, to: 6 })).toEqual([-4, -2, 0, 2, 4, 6]);
  expect(radiusOf(1)).toBeGreaterThan(radiusOf(0.1));
  expect(radiusOf(0)).toBe(3);
});

test('figures have units and three digits', () => {
  expect(formatMicroseconds(8.444)).toBe('8.44\u202fµs');
  expect(formatMicroseconds(12_345)).toBe('12\u202fms');
  expect(formatFlops(1_234_567)).toBe('1.23\u202fMFLOP');
  expect(formatFlops(12)).toBe('12\u202fFLOP');
  expect(formatSpeed(60_000)).toBe('60\u202fTFLOP/s');
  expect(formatSpeed(1.234)).toBe('1.23\u202fGFLOP/s');
  expect(formatBandwidth(4800)).toBe('4.8\u202fTB/s');
});
