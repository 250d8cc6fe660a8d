/** Bytes of GPU buffers of this page, whoever makes them: counted where the browser makes and destroys them. */

export class GpuBytes {
  /** Of buffers that are there now. */
  live = 0;
  /** The most that `live` has been. */
  peak = 0;
  /** Of all buffers that were ever made. */
  made = 0;

  /** Counts from now on, for the page's life: call it before any device is opened, once. */
  constructor() {
    const { prototype: device } = GPUDevice;
    const { prototype: buffer } = GPUBuffer;
    const { createBuffer } = device;
    const { destroy } = buffer;
    const sizes = new WeakMap<GPUBuffer, number>();
    const added = (bytes: number): void => {
      this.live += bytes;
      this.made += bytes;
      this.peak = Math.max(this.peak, this.live);
    };
    const removed = (bytes: number): void => {
      this.live -= bytes;
    };
    device.createBuffer = function counted(this: GPUDevice, descriptor) {
      const made = createBuffer.call(this, descriptor);
      sizes.set(made, made.size);
      added(made.size);
      return made;
    };
    buffer.destroy = function counted(this: GPUBuffer) {
      removed(sizes.get(this) ?? 0);
      sizes.delete(this);
      return destroy.call(this);
    };
  }

  /** The peak is counted from now on: of what is there now and what will be. */
  restart(): void {
    this.peak = this.live;
  }
}
