/**
 * Values of memory cells as a picture: computed at the finest level's cells, drawn smooth over the image.
 *
 * N memory tokens of all levels.
 */
import type { LevelCells } from '../../lib/query-views';

export interface Heat {
  rows: number;
  columns: number;
  /** [rows,columns] packed, 0..1 of the highest. */
  values: Float32Array;
  /** The highest value, as it came in. */
  highest: number;
}

/** `share`: a level's weights are spread over its cells, so that a large cell is not hotter for its size alone. */
export type HeatKind = 'share' | 'score';

/** @param values [N] @returns null where every value is zero */
export function heatOf(levels: readonly LevelCells[], values: Float32Array, kind: HeatKind): Heat | null {
  const [rows, columns] = levels.reduce((a, b) => (b[0] * b[1] > a[0] * a[1] ? b : a), [1, 1] as LevelCells);
  const grid = new Float32Array(rows * columns);
  let first = 0;
  for (const [high, wide] of levels) {
    const spread = kind === 'share' ? (high * wide) / (rows * columns) : 1;
    for (let at = 0; at < grid.length; at++) {
      const row = Math.floor(((Math.floor(at / columns) + 0.5) / rows) * high);
      const column = Math.floor((((at % columns) + 0.5) / columns) * wide);
      const value = values[first + row * wide + column]! * spread;
      grid[at] = kind === 'share' ? grid[at]! + value : Math.max(grid[at]!, value);
    }
    first += high * wide;
  }
  const most = grid.reduce((a, b) => Math.max(a, b), 0);
  if (!(most > 0)) return null;
  const highest = values.reduce((a, b) => Math.max(a, b), 0);
  return { rows, columns, values: grid.map((value) => value / most), highest };
}

/** From dark to light, as matplotlib's "inferno" goes: order is seen without colour vision too. */
const RAMP = [
  [40, 11, 84],
  [120, 28, 109],
  [207, 68, 70],
  [251, 155, 6],
  [252, 255, 164],
] as const;
const STRONGEST = 0.8;

/** A value 0..1 as red, green, blue and alpha, 0..255; nothing at 0. */
export function heatColour(value: number): [number, number, number, number] {
  const known = value > 0 ? Math.min(value, 1) : 0;
  const place = known * (RAMP.length - 1);
  const [below, above] = [RAMP[Math.floor(place)]!, RAMP[Math.ceil(place)]!];
  const mix = (channel: 0 | 1 | 2): number =>
    Math.round(below[channel] + (above[channel] - below[channel]) * (place - Math.floor(place)));
  return [mix(0), mix(1), mix(2), Math.round(255 * STRONGEST * known)];
}

/** [rows,columns,4] packed, not premultiplied, as ImageData has it. */
export function heatPixels({ values }: Heat): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(values.length * 4);
  values.forEach((value, at) => pixels.set(heatColour(value), 4 * at));
  return pixels;
}

const made = new WeakMap<Heat, OffscreenCanvas>();

/** One pixel per cell; made once for each heat. */
export function heatPicture(heat: Heat): OffscreenCanvas {
  const known = made.get(heat);
  if (known) return known;
  const canvas = new OffscreenCanvas(heat.columns, heat.rows);
  canvas.getContext('2d')!.putImageData(new ImageData(heatPixels(heat), heat.columns, heat.rows), 0, 0);
  made.set(heat, canvas);
  return canvas;
}
