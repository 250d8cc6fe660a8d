/**
 * How attention is computed on an adapter: by composed operations with all scores in memory, or fused, where each invocation
 * reads for itself (`registers`) or a workgroup reads through shared memory (`shared`).
 *
 * B batch, T targets, S sources, M heads, d = D / M.
 */
import { pickTile } from '../tiling';

/** d is `width`. */
export interface AttentionSizes {
  batch: number;
  targets: number;
  sources: number;
  heads: number;
  width: number;
}

/** How a program walks: see walk.wgsl. */
export interface AttentionTile {
  /** Rows that an invocation owns. */
  rows: number;
  /** Rows of the other side that it meets at once: independent sums for a GPU's pipeline, but longer text to compile. */
  step: number;
  /** Invocations of a workgroup that read through shared memory; 0 where each reads for itself. */
  threads: number;
  /** Invocations that share their rows: a power of 2. */
  parts: number;
  /** Rows of the other side in shared memory at once: a multiple of step * parts. */
  keys: number;
}

/** The programs of attention, by what their invocations own. */
export type AttentionPass = 'forward' | 'queryGradient' | 'sourceGradient';

export const FUSED = ['registers', 'shared'] as const;
export type FusedVariant = (typeof FUSED)[number];
export type AttentionVariant = 'composed' | FusedVariant;

/** Of a pass, for `chooseVariant`; its sizes are heads over all images, T, S, d. */
export function tuningName(pass: AttentionPass): string {
  return `attention ${pass}`;
}

/** Bytes of shared memory of a workgroup that every device grants (WebGPU, section 3.6.2). */
const SHARED_BYTES = 16384;
/** Invocations that fill a GPU, and those that may share a row to get there. */
const FULL = 16384;
const MOST_PARTS = 8;
/** Rows of the other side that one copy to shared memory brings at most. */
const MOST_KEYS = 64;

/** Vectors of a row in registers, in units of d / 4: what is read and what is summed up. */
const HELD: Record<AttentionPass, number> = { forward: 2, queryGradient: 3, sourceGradient: 4 };
/**
 * Vectors that an invocation may hold, and rows: twice as many rows win 20 % of the time at 300 tokens, and take SwiftShader
 * twice as long to compile, seconds a program.
 */
const MOST_HELD = 128;
const ROWS = [4, 2, 1];

/** Distance of rows in shared memory in vectors: odd, so that invocations at different rows use different banks. */
export function pitchOf(width: number): number {
  return (width / 4) | 1;
}

/** Vectors of a row that its parts give each other at the end. */
export function joinedOf(pass: AttentionPass, width: number): number {
  return pass === 'forward' ? width / 4 + 1 : (width / 4) * (pass === 'queryGradient' ? 1 : 2);
}

/** Vectors of shared memory of a workgroup. */
export function sharedVectors(
  pass: AttentionPass,
  width: number,
  { rows, threads, parts, keys }: AttentionTile,
): number {
  const joining = parts > 1 ? (threads / 2) * rows * joinedOf(pass, width) : 0;
  return Math.max(2 * keys * pitchOf(width), joining);
}

function fits(pass: AttentionPass, width: number, tile: AttentionTile): boolean {
  // the source gradient keeps two numbers of each target beside it
  return sharedVectors(pass, width, tile) * 16 + tile.keys * 8 <= SHARED_BYTES;
}

const ownedOf = (pass: AttentionPass, { targets, sources }: AttentionSizes): number =>
  pass === 'sourceGradient' ? sources : targets;

/** As many as the registers of a GPU hold beside the rows: what they sum up waits for nothing of the others'. */
function stepOf(pass: AttentionPass, width: number): number {
  return (pass === 'forward' ? 4 : 2) / (width > 32 ? 2 : 1);
}

function sharedTile(pass: AttentionPass, sizes: AttentionSizes): AttentionTile {
  const { batch, heads, width } = sizes;
  const owned = ownedOf(pass, sizes) * batch * heads;
  const step = stepOf(pass, width);
  let parts = 1;
  while (parts < MOST_PARTS && owned * parts < FULL) parts *= 2;
  for (; parts > 1; parts /= 2)
    for (const threads of [64, 32])
      for (let keys = MOST_KEYS; keys >= step * parts; keys /= 2) {
        const tile = { rows: 1, step, threads, parts, keys };
        if (fits(pass, width, tile)) return tile;
      }
  const tile = { rows: 1, step, threads: 64, parts: 1, keys: MOST_KEYS };
  while (!fits(pass, width, tile)) tile.keys /= 2;
  return tile;
}

function registerTile(pass: AttentionPass, sizes: AttentionSizes, busy: number): AttentionTile {
  const { batch, heads, width } = sizes;
  const most = MOST_HELD / ((HELD[pass] * width) / 4);
  const rows = pickTile({
    sizes: ROWS.filter((size) => size <= Math.max(1, most)),
    length: ownedOf(pass, sizes),
    others: batch * heads,
    busy,
    loads: () => 2,
    products: (size) => 2 * size,
  });
  return { rows, step: 1, threads: 0, parts: 1, keys: 0 };
}

/** @param busy invocations below which part of the machine idles */
export function tileOf(variant: FusedVariant, pass: AttentionPass, sizes: AttentionSizes, busy: number): AttentionTile {
  return variant === 'shared' ? sharedTile(pass, sizes) : registerTile(pass, sizes, busy);
}

/** The widest head whose rows the fused programs hold in registers. */
export const WIDEST = 64;

/** Whether the fused programs can compute it. */
export function fusedFits({ width }: AttentionSizes): boolean {
  return width % 4 === 0 && width <= WIDEST;
}

/**
 * The choice without a measurement.
 * @param software whether the adapter computes on the CPU, where barriers cost most of the time
 */
export function attentionVariant(software: boolean, sizes: AttentionSizes): AttentionVariant {
  if (!fusedFits(sizes)) return 'composed';
  return software ? 'registers' : 'shared';
}
