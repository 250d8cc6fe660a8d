/** From a plan's outputs to numbers: one copy in the plan's own command buffer, one map. */

/** A reading that is under way holds its buffer; the next one takes another, and none is made again when they are warm. */
export class Readback {
  private readonly free: GPUBuffer[] = [];
  private readonly all = new Set<GPUBuffer>();
  private readonly size: number;

  constructor(
    private readonly device: GPUDevice,
    private readonly sources: readonly GPUBuffer[],
  ) {
    this.size = sources.reduce((sum, { size }) => sum + size, 0);
  }

  /** Of one reading: `copy` goes into its commands, `read` waits for them. */
  slot(): { copy(encoder: GPUCommandEncoder): void; read(): Promise<Float32Array[]> } {
    const staging = this.free.pop() ?? this.create();
    return {
      copy: (encoder) => {
        let offset = 0;
        for (const source of this.sources) {
          encoder.copyBufferToBuffer(source, 0, staging, offset, source.size);
          offset += source.size;
        }
      },
      read: async () => {
        await staging.mapAsync(GPUMapMode.READ);
        const numbers = new Float32Array(staging.getMappedRange().slice(0));
        staging.unmap();
        this.free.push(staging);
        let start = 0;
        return this.sources.map(({ size }) => numbers.subarray(start, (start += size / 4)));
      },
    };
  }

  dispose(): void {
    this.all.forEach((buffer) => buffer.destroy());
    this.all.clear();
    this.free.length = 0;
  }

  private create(): GPUBuffer {
    const buffer = this.device.createBuffer({
      label: 'plan read-back',
      size: this.size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    this.all.add(buffer);
    return buffer;
  }
}
