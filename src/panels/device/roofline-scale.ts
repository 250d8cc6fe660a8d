/** Where things are in a roofline picture: both axes are logarithmic and end at whole powers of ten. */
import { intensityOf, roofAt, type DevicePeak, type LayerCost } from '../../lib/profile';

export interface Frame {
  /** Pixels of the inner area, from the left and the top. */
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Axis {
  /** Exponents of ten at both ends. */
  from: number;
  to: number;
}

export interface RooflineScale {
  /** FLOP per byte. */
  x: Axis;
  /** GFLOP/s. */
  y: Axis;
  toX(intensity: number): number;
  toY(gflops: number): number;
}

/** Parts that have a place in the picture: both their operations and their time are known. */
export const placeable = (layers: readonly LayerCost[]): LayerCost[] =>
  layers.filter(({ flops, bytes, microseconds }) => flops > 0 && bytes > 0 && microseconds > 0);

/** Powers of ten around all values, at least `least` decades. */
function around(values: readonly number[], least: number): Axis {
  const logs = values.map(Math.log10);
  const from = Math.floor(Math.min(...logs));
  const to = Math.ceil(Math.max(...logs));
  return { from, to: Math.max(to, from + least) };
}

/** @param layers placeable ones */
export function scaleOf(layers: readonly LayerCost[], peak: DevicePeak, frame: Frame): RooflineScale {
  const ridge = peak.flops32 / peak.bandwidth;
  // the roof's slope and its flat part are both in the picture
  const x = around([...layers.map(intensityOf), ridge / 3, ridge * 3], 2);
  const roofs = [peak.flops32, peak.flops16 ?? peak.flops32, roofAt(10 ** x.from, peak)].map((flops) => flops / 1e9);
  const y = around([...layers.map(({ gflops }) => gflops), ...roofs], 2);
  const along = (value: number, { from, to }: Axis): number => (Math.log10(value) - from) / (to - from);
  return {
    x,
    y,
    toX: (intensity) => frame.left + along(intensity, x) * frame.width,
    toY: (gflops) => frame.top + (1 - along(gflops, y)) * frame.height,
  };
}

/** Corners of the roof from the left edge over the ridge to the right edge, pixels. @param flops the flat part, operations a second */
export function roofLine(scale: RooflineScale, flops: number, bandwidth: number): [number, number][] {
  const [start, end] = [10 ** scale.x.from, 10 ** scale.x.to];
  const ridge = Math.min(Math.max(flops / bandwidth, start), end);
  return [start, ridge, end].map((intensity) => [
    scale.toX(intensity),
    scale.toY(Math.min(flops, intensity * bandwidth) / 1e9),
  ]);
}

/** Every power of ten of an axis; every second one where there are many. */
export function ticksOf({ from, to }: Axis, most = 6): number[] {
  const step = Math.ceil((to - from) / most);
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
}

/** The area of a dot grows with its part of the time. @param share 0..1 @returns pixels */
export const radiusOf = (share: number): number => 3 + 7 * Math.sqrt(Math.min(1, share));
