/**
 * TF.js keeps every freed buffer for the next tensor of exactly its size, for ever. Where sizes change from image to image
 * (photos of any shape, clusters of any number) that grows without end: here, what nobody has asked for in a while goes.
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';

/** The part of TF.js's buffer manager that its types keep to themselves. */
interface BufferManager {
  freeBuffers: Map<string, GPUBuffer[]>;
  numFreeBuffers: number;
  numBytesUsed: number;
  numBytesAllocated: number;
  acquireBuffer(...args: unknown[]): GPUBuffer;
}

const managerOf = (backend: WebGPUBackend): BufferManager =>
  (backend as unknown as { bufferManager: BufferManager }).bufferManager;

/** Destroys the free buffers that are not wanted again. A free buffer is in no command that has not been submitted. */
export function dropFree(backend: WebGPUBackend, unwanted: (buffer: GPUBuffer) => boolean): void {
  const manager = managerOf(backend);
  for (const [key, buffers] of manager.freeBuffers) {
    const dropped = buffers.filter(unwanted);
    if (dropped.length === 0) continue;
    for (const buffer of dropped) {
      manager.numFreeBuffers--;
      manager.numBytesAllocated -= buffer.size;
      buffer.destroy();
    }
    manager.freeBuffers.set(
      key,
      buffers.filter((buffer) => !dropped.includes(buffer)),
    );
  }
}

/** A buffer that was not asked for in so many rounds is freed; less than this many bytes are not worth looking at. */
export const KEPT_ROUNDS = 4;
const LEAST_BYTES = 128 * 2 ** 20;

export class BufferPool {
  private readonly manager: BufferManager;
  private readonly lastUse = new WeakMap<GPUBuffer, number>();
  private round = 0;

  /** @param least bytes that may be kept in any case */
  constructor(
    private readonly backend: WebGPUBackend,
    private readonly least: number = LEAST_BYTES,
  ) {
    this.manager = managerOf(backend);
    const acquire = this.manager.acquireBuffer.bind(this.manager);
    this.manager.acquireBuffer = (...args) => {
      const buffer = acquire(...args);
      this.lastUse.set(buffer, this.round);
      return buffer;
    };
  }

  /** Call between two pieces of work (an image, a step). */
  endRound(): void {
    const { manager } = this;
    this.round++;
    if (manager.numBytesAllocated - manager.numBytesUsed <= this.least) return;
    dropFree(this.backend, (buffer) => this.round - (this.lastUse.get(buffer) ?? 0) > KEPT_ROUNDS);
  }

  /**
   * Frees buffers that wait for reuse, those used longest ago first, until so many bytes are free or none is left. Call as
   * `endRound`.
   */
  trim(bytes: number): void {
    const age = (buffer: GPUBuffer): number => this.round - (this.lastUse.get(buffer) ?? 0);
    const waiting = [...this.manager.freeBuffers.values()].flat().sort((a, b) => age(b) - age(a));
    const unwanted = new Set<GPUBuffer>();
    let left = bytes;
    for (const buffer of waiting) {
      if (left <= 0) break;
      left -= buffer.size;
      unwanted.add(buffer);
    }
    dropFree(this.backend, (buffer) => unwanted.has(buffer));
  }
}
