/**
 * The programs that a matrix product may run as, and which one where nothing was measured.
 *
 * M rows, K inner length, N columns.
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { hasHalves, leastSubgroup } from '../extensions';
import { isSoftware } from '../tiling';
import type { ProductSize } from './size';

/** A workgroup's tile (tile.wgsl): an invocation owns `rows` rows of `cols` times four columns; `k` is the step along K. */
export interface Tile {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly rows: number;
  readonly cols: number;
}

/**
 * 4x4 numbers an invocation fill small GPUs and small results; 8x8 load half as much from workgroup memory for a product,
 * but take 64 registers for the sums alone.
 */
export const TILES: Readonly<Record<string, Tile>> = {
  tile32: { m: 32, n: 32, k: 16, rows: 4, cols: 1 },
  tile64: { m: 64, n: 64, k: 16, rows: 4, cols: 1 },
  wide64: { m: 64, n: 64, k: 16, rows: 8, cols: 2 },
  wide128: { m: 128, n: 128, k: 16, rows: 8, cols: 2 },
};

/** A workgroup of split.wgsl: so many slices of K, and so many times four columns. */
export const SPLIT = { slices: 16, quads: 8, rows: 4 } as const;

/**
 * `direct`: no workgroup memory, any size (direct.wgsl). `split`: the inner length shared by a workgroup (split.wgsl).
 * The tiles: both operands through workgroup memory (tile.wgsl).
 */
export const VARIANTS = ['direct', 'split', ...Object.keys(TILES)] as const;

/**
 * As `direct`, where the four invocations of a subgroup's quad load a for one another: for a quarter of the loads. A quad is four
 * neighbours whatever the subgroup's size.
 */
export const QUADS = 'quads';

/** A tile that keeps packed halves of b (../halves) as f16, where the adapter has them. */
export const halfTile = (tile: string): string => `${tile} f16`;
export const HALF_TILES: readonly string[] = Object.keys(TILES).map(halfTile);

/** The shape of a variant's tile; undefined for those without one. */
export function tileOf(variant: string): Tile | undefined {
  return TILES[HALF_TILES.includes(variant) ? variant.slice(0, variant.indexOf(' ')) : variant];
}

/** Bytes of workgroup memory, at the most: halves take fewer. */
export function tileBytes({ m, n, k }: Tile, transposeB: boolean): number {
  return 4 * (m * k + n * (transposeB ? k + 4 : k));
}

/** Invocations along columns and rows. */
export function threads({ m, n, rows, cols }: Tile): [number, number] {
  return [n / (4 * cols), m / rows];
}

/**
 * The variants whose workgroups the device can run, and whose grid has room for the result.
 * @param halves b is packed halves
 */
export function possibleVariants(
  backend: WebGPUBackend,
  { batch, rows, inner, columns }: Pick<ProductSize, 'batch' | 'rows' | 'inner' | 'columns'>,
  { transposeA = false, transposeB, halves = false }: { transposeA?: boolean; transposeB: boolean; halves?: boolean },
): string[] {
  const limits = backend.device.limits;
  const most = limits.maxComputeWorkgroupsPerDimension;
  const roomFor = (m: number, n: number): boolean => batch <= most && rows <= most * m && columns <= most * n;
  const runs = (invocations: number, bytes: number): boolean =>
    invocations <= limits.maxComputeInvocationsPerWorkgroup && bytes <= limits.maxComputeWorkgroupStorageSize;
  const tiles = Object.entries(TILES).filter(([, tile]) => {
    const [x, y] = threads(tile);
    return runs(x * y, tileBytes(tile, transposeB)) && roomFor(tile.m, tile.n);
  });
  const invocations = SPLIT.slices * SPLIT.quads;
  // a workgroup of one row at the least
  const split = runs(invocations, 16 * invocations * SPLIT.rows) && roomFor(1, 4 * SPLIT.quads);
  const names = tiles.map(([name]) => name);
  const half = halves && hasHalves(backend.device) ? names.map(halfTile) : [];
  const wholeQuads = inner % 4 === 0 && columns % 16 === 0 && (!transposeA || rows % 4 === 0);
  const quads = wholeQuads && leastSubgroup(backend.device) > 0;
  return ['direct', ...(quads ? [QUADS] : []), ...(split ? ['split'] : []), ...names, ...half];
}

/** Workgroups below which a GPU idles. */
const ENOUGH_WORKGROUPS = 32;
/** How much of the tiles may lie outside the result. */
const MOST_WASTE = 1.5;
/** An inner length that is worth being split. */
const LONG = 128;
/** Numbers of the result that keep a GPU busy without a split. */
const BUSY_RESULT = 65_536;

/**
 * The choice without a measurement. Software adapters pay for a barrier more than for anything else, then for loads. A GPU gains from
 * workgroup memory where there are tiles enough for all of it, and from a split where the result is small.
 */
export function usualVariant(backend: WebGPUBackend, size: ProductSize, possible: readonly string[]): string {
  // 0.5 to 0.7 of the time of `direct`, on SwiftShader and lavapipe
  if (isSoftware(backend)) return possible.includes(QUADS) ? QUADS : 'direct';
  const { batch, rows, inner, columns } = size;
  const result = batch * rows * columns;
  for (const name of ['tile64', 'tile32']) {
    const { m, n } = TILES[name]!;
    const groups = batch * Math.ceil(rows / m) * Math.ceil(columns / n);
    if (possible.includes(name) && groups >= ENOUGH_WORKGROUPS && groups * m * n <= result * MOST_WASTE) return name;
  }
  return possible.includes('split') && inner >= LONG && result < BUSY_RESULT ? 'split' : 'direct';
}
