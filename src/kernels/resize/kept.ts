/** Small buffers that are filled once and used by many resizes: tables of weights, of values, of sizes. */

/** 3 to 100 kB each. */
const MOST = 32;

export class KeptBuffers {
  /** Oldest use first. */
  private readonly buffers = new Map<string, GPUBuffer>();

  constructor(private readonly device: GPUDevice) {}

  /**
   * @param key says all that the content depends on
   * @param usage beside COPY_DST
   */
  get(
    key: string,
    make: () => Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>,
    usage: GPUBufferUsageFlags = GPUBufferUsage.STORAGE,
  ): GPUBuffer {
    const buffer = this.buffers.get(key) ?? this.create(key, make(), usage);
    this.buffers.delete(key);
    this.buffers.set(key, buffer);
    for (const [oldest, unused] of this.buffers) {
      if (this.buffers.size <= MOST) break;
      this.buffers.delete(oldest);
      unused.destroy();
    }
    return buffer;
  }

  private create(key: string, data: Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>, usage: number): GPUBuffer {
    const size = data.byteLength;
    const buffer = this.device.createBuffer({ label: `resize ${key}`, size, usage: usage | GPUBufferUsage.COPY_DST });
    this.device.queue.writeBuffer(buffer, 0, data);
    return buffer;
  }
}
