/**
 * Measures the kernels' variants on the adapter at hand, once: the table is kept for the next visit. Until it is there every
 * kernel runs by its own rule, and measuring waits whenever something else wants the device.
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { openCase } from './lab';
import { measureAll } from './schedule';
import { EMPTY_TABLE, parseTable, type TuningTable } from './table';
import { allTunables, useTable, type Tunable } from './tuning';

/** Goes up when a kernel's program changes: what was measured before says nothing then. */
const VERSION = 2;
const BUDGET_MS = 2000;

/** Where tables are kept between visits, by key. Either may fail: then the adapter is measured again the next time. */
export interface TuningStore {
  read(key: string): Promise<string | null>;
  write(key: string, table: string): Promise<void>;
}

export interface TuningOptions {
  store: TuningStore;
  /** Resolves when nothing else wants the device; asked before every measurement. Default: at once. */
  idle?: () => Promise<void>;
  /** Milliseconds of measuring. Default 2,000. */
  budget?: number;
  signal?: AbortSignal;
  /** Kernels to measure; default all that were stated. */
  tunables?: ReadonlyMap<string, Tunable>;
}

export interface TuningReport {
  table: TuningTable;
  source: 'store' | 'measured';
  /** Of measuring; 0 from the store. */
  milliseconds: number;
}

/** What a table holds for: this adapter, these variants at these sizes, this version of us. */
export function tuningKey(
  { vendor, architecture, device, description }: GPUAdapterInfo,
  tunables: ReadonlyMap<string, Tunable> = allTunables(),
): string {
  const stated = [...tunables].map(([kernel, { candidates, cases }]) => [kernel, candidates, cases]);
  return JSON.stringify([VERSION, vendor, architecture, device, description, stated]);
}

async function stored(store: TuningStore, key: string): Promise<TuningTable | null> {
  try {
    const text = await store.read(key);
    return text === null ? null : parseTable(text);
  } catch {
    // Measuring again mends what cannot be read.
    return null;
  }
}

/**
 * Puts the adapter's table into use: the one of an earlier visit, else what it measures now. Plans recorded before keep the
 * variants that they were recorded with: record them again when this resolves.
 */
export async function tune(
  backend: WebGPUBackend,
  info: GPUAdapterInfo,
  { store, idle = () => Promise.resolve(), budget = BUDGET_MS, signal, tunables = allTunables() }: TuningOptions,
): Promise<TuningReport> {
  useTable(EMPTY_TABLE);
  const key = tuningKey(info, tunables);
  const before = await stored(store, key);
  if (before) {
    useTable(before);
    return { table: before, source: 'store', milliseconds: 0 };
  }
  const lab = {
    kernels: new Map([...tunables].map(([kernel, { cases }]) => [kernel, cases])),
    open: (kernel: string, sizes: readonly number[]) => openCase(backend, tunables.get(kernel)!, sizes),
    idle,
    now: () => performance.now(),
    stopped: () => signal?.aborted ?? false,
  };
  const { table, milliseconds } = await measureAll(lab, budget);
  if (!lab.stopped()) {
    useTable(table);
    // Private windows keep nothing.
    await store.write(key, JSON.stringify(table)).catch(() => undefined);
  }
  return { table, source: 'measured', milliseconds };
}
