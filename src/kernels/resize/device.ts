/**
 * What the resize keeps on one GPU device: pipelines, tables, one texture and one buffer between the passes, all reused.
 *
 * An image goes through in one pass, a video frame without even a copy into a texture; a photo that is much larger than the
 * result goes through in two, one larger than a texture piece by piece. Every way gives the same bytes of the same pixels.
 *
 * Own pipelines, not TF.js programs: the input is a texture and the passes share a buffer of bytes. TF.js's commands that
 * still wait for their submit cannot touch our buffers; the output's is the caller's care.
 *
 * H, W source rows and columns, h, w output rows and columns.
 */
import { DetectorError } from '../../lib/errors';
import { expandTemplate } from '../template';
import { levelValues, PRECISION_BITS, type Normalisation, type ResampleTable } from './coefficients';
import horizontalCode from './horizontal.wgsl?raw';
import { KeptBuffers } from './kept';
import onePassCode from './one-pass.wgsl?raw';
import { planTiles, type Tile } from './tiles';
import verticalCode from './vertical.wgsl?raw';

/** ImageData goes in as bytes; everything else through the browser's copy, which undoes premultiplied alpha. */
export type Source = ImageBitmap | OffscreenCanvas | ImageData;

/** What a photo, a frame or a canvas may come as. */
export type ImageSource = Source | VideoFrame;

const CONSTANTS = { GROUP_X: 16, GROUP_Y: 4, PRECISION_BITS };
/** 64 MiB of RGBA: larger images go through the texture piece by piece. */
const TILE_AREA = 2 ** 24;
/** A buffer between the passes that is larger than this is not kept. */
const KEPT_BYTES = 2 ** 26;

/**
 * Source pixels that one output pixel may read in one pass, at most. There each line of them is weighted anew for about two
 * output rows, which costs more than a buffer between two passes from here on (lavapipe, 1280 x 720 to 640 x 640: two passes
 * take 1.65 times the time of one; 4000 x 3000 to 640 x 640: 0.73).
 */
const MOST_TAPS = 64;

/** Two numbers of a table's entry are no weights. */
const tapsOf = ({ rows, columns }: ResizeWork): number => (rows.stride - 2) * (columns.stride - 2);

/** How an image is resized: from the source straight to the output, or by way of a buffer of bytes. */
export type Passes = 1 | 2;

export interface ResizeWork {
  /** Table from H to h. */
  rows: ResampleTable;
  /** Table from W to w. */
  columns: ResampleTable;
  /** What a level becomes, see levelValues. */
  normalisation: Normalisation;
  /** Called once the source could be read; gives the buffer for float32 [h,w,3]. */
  output: () => GPUBuffer;
  /** By default one, unless the image is larger than a texture or much larger than the result. */
  passes?: Passes;
}

type PipelineName = 'resize-horizontal' | 'resize-vertical' | 'resize-one-pass' | 'resize-video';

const CODE: Record<PipelineName, string> = {
  'resize-horizontal': horizontalCode,
  'resize-vertical': verticalCode,
  'resize-one-pass': expandTemplate(onePassCode, { VIDEO: false }),
  'resize-video': expandTemplate(onePassCode, { VIDEO: true }),
};

export class ResizeDevice {
  private readonly pipelines = new Map<string, GPUComputePipeline>();
  private readonly kept: KeptBuffers;
  private readonly tileUniform: GPUBuffer;
  private texture: GPUTexture | null = null;
  private between: GPUBuffer | null = null;

  constructor(private readonly device: GPUDevice) {
    this.kept = new KeptBuffers(device);
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    this.tileUniform = device.createBuffer({ label: 'resize-tile', size: 32, usage });
  }

  /** Of what images passed through; tables and sizes, 3 MB at most, are not counted. */
  get bytes(): number {
    return (this.texture ? 4 * this.texture.width * this.texture.height : 0) + (this.between?.size ?? 0);
  }

  /** Lets go of what images passed through; the next one makes it anew. */
  free(): void {
    this.texture?.destroy();
    this.between?.destroy();
    this.texture = this.between = null;
  }

  /**
   * Submits the copy and the passes.
   * @throws DetectorError `image` when the image does not fit this device's limits, DOMException when the source is closed
   */
  run(image: Source, work: ResizeWork): void {
    const side = this.device.limits.maxTextureDimension2D;
    const tiles = planTiles(work.columns, work.rows.inSize, { side, area: TILE_AREA });
    const passes = tiles.length > 1 || tapsOf(work) > MOST_TAPS ? 2 : 1;
    if ((work.passes ?? passes) === 2) this.runInTwo(image, work, tiles);
    else this.onePass('resize-one-pass', this.copyTile(image, tiles[0]!).createView(), work);
  }

  /**
   * A frame's pixels are read where the video decoder or the camera left them.
   * @throws DOMException where the browser does not take frames so; on software adapters Chromium's GPU process ends
   */
  runFrame(frame: VideoFrame, work: ResizeWork): void {
    // The type list that TF.js's backend brings along knows video elements only.
    const source = frame as unknown as HTMLVideoElement;
    this.onePass('resize-video', this.device.importExternalTexture({ source }), work);
  }

  /** Compiles the pass for frames; for tests on adapters that take none. */
  compileForFrames(): void {
    this.pipelineOf('resize-video');
  }

  private onePass(
    name: 'resize-one-pass' | 'resize-video',
    source: GPUTextureView | GPUExternalTexture,
    { rows, columns, normalisation, output }: ResizeWork,
  ): void {
    const sizes = [columns.outSize, rows.outSize, columns.stride, rows.stride];
    const uniform = this.kept.get(`sizes ${sizes}`, () => Int32Array.from(sizes), GPUBufferUsage.UNIFORM);
    const entries = [
      source,
      this.tableOf(columns),
      this.tableOf(rows),
      this.valuesOf(normalisation),
      output(),
      uniform,
    ];
    this.dispatch(name, entries, columns.outSize, rows.outSize);
  }

  private runInTwo(image: Source, { rows, columns, normalisation, output }: ResizeWork, tiles: readonly Tile[]): void {
    const between = this.betweenOf(rows.inSize * columns.outSize * 4);
    for (const tile of tiles) {
      const texture = this.copyTile(image, tile);
      this.dispatchTile(texture, tile, columns, between);
    }
    const sizes = [columns.outSize, rows.outSize, rows.stride, 0];
    const uniform = this.kept.get(`sizes ${sizes}`, () => Int32Array.from(sizes), GPUBufferUsage.UNIFORM);
    const entries = [between, this.tableOf(rows), this.valuesOf(normalisation), output(), uniform];
    this.dispatch('resize-vertical', entries, columns.outSize, rows.outSize);
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
    this.dispatch('resize-horizontal', entries, to - from, height);
  }

  /** One submit a pass: the uniforms and the texture change between them, in the queue's order. */
  private dispatch(
    name: PipelineName,
    entries: (GPUBuffer | GPUTextureView | GPUExternalTexture)[],
    width: number,
    height: number,
  ): void {
    const { device } = this;
    const pipeline = this.pipelineOf(name);
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
    return this.kept.get(`${inSize} to ${outSize}`, () => entries);
  }

  private valuesOf(normalisation: Normalisation): GPUBuffer {
    return this.kept.get(JSON.stringify(normalisation), () => levelValues(normalisation));
  }

  private pipelineOf(name: PipelineName): GPUComputePipeline {
    const known = this.pipelines.get(name);
    if (known) return known;
    const module = this.device.createShaderModule({ label: name, code: CODE[name] });
    const compute = { module, constants: CONSTANTS };
    const made = this.device.createComputePipeline({ label: name, layout: 'auto', compute });
    this.pipelines.set(name, made);
    return made;
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
