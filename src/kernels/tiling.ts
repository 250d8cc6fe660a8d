/** How large a register tile one invocation gets. */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { isSoftwareAdapter } from './adapter';

/** True for adapters that compute on the CPU: few invocations fill them, and barriers cost most of the time there. */
export function isSoftware(backend: WebGPUBackend): boolean {
  const { adapterInfo } = backend.device as GPUDevice & { adapterInfo?: GPUAdapterInfo };
  return adapterInfo !== undefined && isSoftwareAdapter(adapterInfo);
}

/** Invocations below which part of the machine idles. */
export function busyInvocations(backend: WebGPUBackend): number {
  return isSoftware(backend) ? 64 : 4096;
}

export interface TileChoice {
  /** Tile sizes to choose from. */
  sizes: readonly number[];
  /** Cells along the tiled axis. */
  length: number;
  /** Invocations for each tile of the axis: the other axes. */
  others: number;
  /** Invocations that fill the machine. */
  busy: number;
  /** Vector loads of one step of the inner loop; a load costs about as much as LOAD_COST multiply-adds. */
  loads(size: number): number;
  /** Vector multiply-adds of that step. */
  products(size: number): number;
}

/** SwiftShader: 20 ns a vector load, about 5 ns a vector multiply-add; on hardware the order of the choices is the same. */
const LOAD_COST = 4;

/** The size of the least estimated time: steps of all tiles, plus what idles where they are too few. */
export function pickTile({ sizes, length, others, busy, loads, products }: TileChoice): number {
  const time = (size: number): number => {
    const invocations = Math.ceil(length / size) * others;
    return Math.max(invocations, busy) * (loads(size) * LOAD_COST + products(size));
  };
  return sizes.reduce((best, size) => (time(size) < time(best) ? size : best));
}
