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

/** A buffer that was not asked for in so many rounds is freed; less than this many bytes are not worth looking at. */
export const KEPT_ROUNDS = 4;
const LEAST_BYTES = 128 * 2 ** 20;

export class BufferPool {
  private readonly manager: BufferManager;
  private readonly lastUse = new WeakMap<GPUBuffer, number>();
  private round = 0;

  /** @param least bytes that may be kept in any case */
  constructor(
    backend: WebGPUBackend,
    private readonly least: number = LEAST_BYTES,
  ) {
    this.manager = (backend as unknown as { bufferManager: BufferManager }).bufferManager;
    const acquire = this.manager.acquireBuffer.bind(this.manager);
    this.manager.acquireBuffer = (...args) => {
      const buffer = acquire(...args);
      this.lastUse.set(buffer, this.round);
      return buffer;
    };
  }

  /** Call between two pieces of work (an image, a step). A free buffer is in no command that has not been submitted. */
  endRound(): void {
    const { manager } = this;
    this.round++;
    if (manager.numBytesAllocated - manager.numBytesUsed <= this.least) return;
    for (const [key, buffers] of manager.freeBuffers) {
      const kept = buffers.filter((buffer) => this.round - (this.lastUse.get(buffer) ?? 0) <= KEPT_ROUNDS);
      if (kept.length === buffers.length) continue;
      for (const buffer of buffers) if (!kept.includes(buffer)) this.destroy(buffer);
      manager.freeBuffers.set(key, kept);
    }
  }

  private destroy(buffer: GPUBuffer): void {
    this.manager.numFreeBuffers--;
    this.manager.numBytesAllocated -= buffer.size;
    buffer.destroy();
  }
}
