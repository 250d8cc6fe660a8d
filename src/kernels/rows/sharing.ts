/**
 * How invocations share a row of numbers that is summed up: the same program behind another `rowSum` and `rowMax`.
 *
 * `alone`: none or a few, each of which reads all of the row. `shared`: neighbours join by a tree in workgroup memory. `lanes`:
 * neighbours in a subgroup join by shuffles, no barrier. `subgroups`: a workgroup has a row, its subgroups join.
 * The latter two need the adapter's subgroups; that a subgroup's invocations lie side by side in a workgroup of one dimension
 * is not WGSL's word, but so on all APIs below it (a test asks, and the tuner strikes off what is wrong).
 *
 * A row's vectors are of 4 numbers, or of 1 where its width is no multiple of 4.
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { leastSubgroup } from '../extensions';
import { isSoftware } from '../tiling';
import { chooseVariant } from '../tuning/tuning';
import { vectorSize } from '../vectors/vectors';
import alone from './alone.wgsl?raw';
import lanes from './lanes.wgsl?raw';
import shared from './shared.wgsl?raw';
import subgroups from './subgroups.wgsl?raw';

export const ROW_VARIANTS = ['alone', 'shared', 'lanes', 'subgroups'] as const;
export type RowVariant = (typeof ROW_VARIANTS)[number];

export interface Sharing {
  variant: RowVariant;
  workgroup: number;
  /** `rowSum` and `rowMax`, to stand before a program of rows. */
  source: string;
  /** PARTS: invocations of a row. STEP: from one vector that an invocation sums up to the next. WORKGROUP. */
  constants: { PARTS: number; STEP: number; WORKGROUP: number };
}

const WORKGROUP = 64;
/** WebGPU's default limit of invocations. */
const MOST_PARTS = 256;
/** A subgroup of today's large GPUs. */
const USUAL_SUBGROUP = 32;
/** Vectors of a row below which sharing it by barriers cannot pay. */
const SHORTEST_SHARED = 8;

const powerOfTwo = (most: number): number => 2 ** Math.floor(Math.log2(Math.max(1, most)));
const between = (least: number, value: number, most: number): number => Math.max(least, Math.min(most, value));

/** The variants that this device can run for rows of so many vectors, so that all but `alone` have one for each invocation. */
export function possibleSharing(device: GPUDevice, vectors: number): RowVariant[] {
  const least = leastSubgroup(device);
  const possible: Record<RowVariant, boolean> = {
    alone: true,
    shared: vectors >= SHORTEST_SHARED,
    lanes: least > 0 && vectors >= 2,
    subgroups: least > 0 && vectors >= Math.max(USUAL_SUBGROUP, least),
  };
  return ROW_VARIANTS.filter((variant) => possible[variant]);
}

/** Those of the possible ones that the tuner tries; on the CPU barriers are dear. */
export function worthMeasuring(backend: WebGPUBackend, [, width]: readonly number[]): RowVariant[] {
  const possible = possibleSharing(backend.device, width! / vectorSize(width!));
  return isSoftware(backend) ? possible.filter((variant) => variant === 'alone' || variant === 'lanes') : possible;
}

/** Numbers of a row that are too many for one invocation where barriers are cheap; as TF.js has it, not measured. */
const LONGEST_ALONE_ON_HARDWARE = 64;

/**
 * The variant that is measured to be the fastest for these rows. Without a measurement nobody gets subgroups. On software adapters
 * `lanes` takes half of the time for wide norms (rows.bench.ts), but its sums are rounded in another order, which puts DEIMv2
 * Femto's corners on SwiftShader 1.2e-3 instead of 5.8e-4 from PyTorch's: past what the parity ring allows.
 * @param width numbers of a row
 */
export function chooseSharing(backend: WebGPUBackend, kernel: string, rows: number, width: number): RowVariant {
  const possible = possibleSharing(backend.device, width / vectorSize(width));
  const shares = width > LONGEST_ALONE_ON_HARDWARE && !isSoftware(backend) && possible.includes('shared');
  return chooseVariant(kernel, [rows, width], possible, shares ? 'shared' : 'alone') as RowVariant;
}

/** @param few invocations of a row where each reads all of it */
export function sharingOf(device: GPUDevice, variant: RowVariant, vectors: number, few: number): Sharing {
  const least = leastSubgroup(device);
  if (variant === 'alone') return sharing(variant, few, 1, WORKGROUP, alone);
  if (variant === 'lanes') {
    const parts = powerOfTwo(Math.min(vectors, least, USUAL_SUBGROUP));
    return sharing(variant, parts, parts, WORKGROUP, lanes);
  }
  // two vectors an invocation at the least
  const wanted = powerOfTwo(vectors / 2);
  if (variant === 'shared') {
    const parts = between(4, wanted, MOST_PARTS);
    return sharing(variant, parts, parts, Math.max(WORKGROUP, parts), shared);
  }
  const parts = between(Math.max(USUAL_SUBGROUP, least), wanted, MOST_PARTS);
  return sharing(variant, parts, parts, parts, subgroups);
}

function sharing(variant: RowVariant, PARTS: number, STEP: number, workgroup: number, source: string): Sharing {
  return { variant, workgroup, source, constants: { PARTS, STEP, WORKGROUP: workgroup } };
}
