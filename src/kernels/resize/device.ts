/**
 * What the resize keeps on one GPU device: pipelines, tables, one texture and one buffer between the passes, all reused.
 *
 * Own pipelines, not TF.js programs: the input is a texture and the passes share a buffer of bytes. TF.js's commands that
 * still wait for their submit cannot touch our buffers, and the output's buffer is fresh, so nothing has to be flushed.
 *
 * H, W source rows and columns, h, w output rows and columns.
 */
import { DetectorError } from '../../lib/errors';
import { levelValues, PRECISION_BITS, type Normalisation, type ResampleTable } from './coefficients';
import horizontalCode from './horizontal.wgsl?raw';
import { planTiles, type Tile } from './tiles';
import verticalCode from './vertical.wgsl?raw';

/** ImageData goes in as bytes; everything else through the browser's copy, which undoes premultiplied alpha. */
export type Source = ImageBitmap | OffscreenCanvas | ImageData;

const CONSTANTS = { GROUP_X: 16, GROUP_Y: 4, PRECISION_BITS };
/** 64 MiB of RGBA: larger images go through the texture piece by piece. */
const TILE_AREA = 2 ** 24;
/** A buffer between the passes that is larger than this is not kept. */
const KEPT_BYTES = 2 ** 26;
/** Tables of weights and of values; 3 to 100 kB each. */
const KEPT_TABLES = 32;

function pipelineOf(device: GPUDevice, label: string, code: string): GPUComputePipeline {
  return device.createComputePipeline({
    label,
    layout: 'auto',
    compute: { module: device.createShaderModule({ label, code }), constants: CONSTANTS },
  });
}

export class ResizeDevice {
  private readonly horizontal: GPUComputePipeline;
  private readonly vertical: GPUComputePipeline;
  private readonly tileUniform: GPUBuffer;
  private readonly sizesUniform: GPUBuffer;
  /** Oldest use first. */
  private readonly tables = new Map<string, GPUBuffer>();
  private texture: GPUTexture | null = null;
  private between: GPUBuffer | null = null;

  constructor(private readonly device: GPUDevice) {
    this.horizontal = pipelineOf(device, 'resize-horizontal', horizontalCode);
    this.vertical = pipelineOf(device, 'resize-vertical', verticalCode);
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    this.tileUniform = device.createBuffer({ label: 'resize-tile', size: 32, usage });
    this.sizesUniform = device.createBuffer({ label: 'resize-sizes', size: 16, usage });
  }

  /**
   * Submits the copy and both passes.
   * @param rows table from H to h
   * @param columns table from W to w
   * @param normalisation what a level becomes, see levelValues
   * @param output called once the source could be read; gives the buffer for float32 [h,w,3]
   * @throws DetectorError `image` when the image does not fit this device's limits, DOMException when the source is closed
   */
  run(
    image: Source,
    rows: ResampleTable,
    columns: ResampleTable,
    normalisation: Normalisation,
    output: () => GPUBuffer,
  ): void {
    const { device } = this;
    const values = this.kept(JSON.stringify(normalisation), () => levelValues(normalisation));
    const side = device.limits.maxTextureDimension2D;
    const between = this.betweenOf(rows.inSize * columns.outSize * 4);
    for (const tile of planTiles(columns, rows.inSize, { side, area: TILE_AREA })) {
      const texture = this.copyTile(image, tile);
      this.dispatchTile(texture, tile, columns, between);
    }
    const entries = [between, this.tableOf(rows), values, output(), this.sizesUniform];
    device.queue.writeBuffer(this.sizesUniform, 0, Int32Array.of(columns.outSize, rows.outSize, rows.stride));
    this.dispatch(this.vertical, entries, columns.outSize, rows.outSize);
    if (between.size > KEPT_BYTES) {
      between.destroy();
      this.between = null;
    }
  }

  private dispatchTile(texture: GPUTexture, tile: Tile, columns: ResampleTable, between: GPUBuffer): void {
    const { x, y, height, from, to } = tile;
    const numbers = Int32Array.of(x, y, height, from, to, columns.outSize, columns.stride);
    this.device.queue.writeBuffer(this.tileUniform, 0, numbers);
    const entries = [texture.createView(), this.tableOf(columns), between, this.tileUniform];
    this.dispatch(this.horizontal, entries, to - from, height);
  }

  /** One submit a pass: the uniforms and the texture change between them, in the queue's order. */
  private dispatch(
    pipeline: GPUComputePipeline,
    entries: (GPUBuffer | GPUTextureView)[],
    width: number,
    height: number,
  ): void {
    const { device } = this;
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(
      0,
      device.createBindGroup({
        layout: pipeline.getBindGroupLayout(0),
        entries: entries.map((entry, binding) => ({
          binding,
          resource: 'size' in entry ? { buffer: entry } : entry,
        })),
      }),
    );
    pass.dispatchWorkgroups(Math.ceil(width / CONSTANTS.GROUP_X), Math.ceil(height / CONSTANTS.GROUP_Y));
    pass.end();
    device.queue.submit([encoder.finish()]);
  }

  private copyTile(image: Source, { x, y, width, height }: Tile): GPUTexture {
    const texture = this.textureOf(width, height);
    const { queue } = this.device;
    if (image instanceof ImageData) {
      const layout = { offset: (y * image.width + x) * 4, bytesPerRow: image.width * 4 };
      queue.writeTexture({ texture }, image.data as Uint8ClampedArray<ArrayBuffer>, layout, [width, height]);
    } else {
      queue.copyExternalImageToTexture({ source: image, origin: [x, y] }, { texture }, [width, height]);
    }
    return texture;
  }

  private textureOf(width: number, height: number): GPUTexture {
    const had = this.texture;
    if (had && had.width >= width && had.height >= height) return had;
    had?.destroy();
    // Growing both ways at once keeps portrait and landscape photos from replacing each other's texture.
    const [w, h] = had ? [Math.max(had.width, width), Math.max(had.height, height)] : [width, height];
    this.texture = this.device.createTexture({
      label: 'resize-source',
      size: w * h <= TILE_AREA ? [w, h] : [width, height],
      format: 'rgba8unorm',
      usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT,
    });
    return this.texture;
  }

  private betweenOf(bytes: number): GPUBuffer {
    const most = Math.min(this.device.limits.maxStorageBufferBindingSize, this.device.limits.maxBufferSize);
    if (bytes > most) {
      throw new DetectorError(
        'image',
        'resize',
        `the image is too tall: it needs ${bytes} bytes between the passes, but this device allows ${most}`,
        'Scale the image down first.',
      );
    }
    if (this.between && this.between.size >= bytes) return this.between;
    this.between?.destroy();
    this.between = this.device.createBuffer({ label: 'resize-between', size: bytes, usage: GPUBufferUsage.STORAGE });
    return this.between;
  }

  private tableOf({ inSize, outSize, entries }: ResampleTable): GPUBuffer {
    return this.kept(`${inSize} to ${outSize}`, () => entries);
  }

  private kept(key: string, make: () => Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>): GPUBuffer {
    let buffer = this.tables.get(key);
    if (buffer) this.tables.delete(key);
    else {
      const data = make();
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
      buffer = this.device.createBuffer({ label: `resize ${key}`, size: data.byteLength, usage });
      this.device.queue.writeBuffer(buffer, 0, data);
    }
    this.tables.set(key, buffer);
    for (const [oldest, unused] of this.tables) {
      if (this.tables.size <= KEPT_TABLES) break;
      this.tables.delete(oldest);
      unused.destroy();
    }
    return buffer;
  }
}

const devices = new WeakMap<GPUDevice, ResizeDevice>();

/** The resize of a device, made at its first use; a device that is lost takes everything of it along. */
export function resizeDevice(device: GPUDevice): ResizeDevice {
  const known = devices.get(device);
  if (known) return known;
  const made = new ResizeDevice(device);
  devices.set(device, made);
  return made;
}
