/**
 * Which variant of a kernel runs, by measurement on the adapter at hand.
 *
 * A kernel with several programs for one result states them once with `tunable`, and asks `chooseVariant` at each call. Until
 * `tune` (tuner.ts) has measured, or a table of an earlier visit is in use, the answer is the caller's fallback: the choice
 * of its own cost model. Sizes are what the time depends on (rows, inner length, columns ...), always in the same order.
 */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { choose, EMPTY_TABLE, type TuningTable } from './table';

/** Inputs on the GPU for one case, and what runs on them. */
export interface Prepared {
  /** At least one; the tuner writes a zero into the first between runs, so that they do not overlap, and frees all of them. */
  readonly inputs: readonly TensorInfo[];
  /** Runs one variant through the backend. @returns its result, which the tuner frees */
  run(variant: string): TensorInfo;
}

export interface Tunable {
  /** All variants; the first is what the others' numbers and times are compared with. */
  readonly candidates: readonly string[];
  /** Sizes to measure at, the cheapest first. */
  readonly cases: readonly (readonly number[])[];
  /** Variants that fit these sizes on this device; default all. */
  fits?(backend: WebGPUBackend, sizes: readonly number[]): readonly string[];
  prepare(backend: WebGPUBackend, sizes: readonly number[]): Prepared;
}

const tunables = new Map<string, Tunable>();
const forced = new Map<string, string>();
let table: TuningTable = EMPTY_TABLE;

/** States a kernel's variants; again for the same name: the latter counts. */
export function tunable(kernel: string, stated: Tunable): void {
  tunables.set(kernel, stated);
}

export function allTunables(): ReadonlyMap<string, Tunable> {
  return tunables;
}

/** Puts a table into use for all kernels; `EMPTY_TABLE` for an adapter that nothing is known of. */
export function useTable(next: TuningTable): void {
  table = next;
}

/**
 * @param candidates variants that can compute this call
 * @param fallback the cost model's choice, one of the candidates
 */
export function chooseVariant(
  kernel: string,
  sizes: readonly number[],
  candidates: readonly string[],
  fallback: string,
): string {
  const only = forced.get(kernel);
  if (only !== undefined && candidates.includes(only)) return only;
  return choose(table, kernel, sizes, candidates, fallback);
}

/** Runs synchronous work with one variant wherever it can compute the call: for tests and benchmarks of that variant. */
export function withVariant<T>(kernel: string, variant: string, work: () => T): T {
  const before = forced.get(kernel);
  forced.set(kernel, variant);
  try {
    return work();
  } finally {
    if (before === undefined) forced.delete(kernel);
    else forced.set(kernel, before);
  }
}
