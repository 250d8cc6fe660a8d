/**
 * An image to the model's input tensor, resized exactly as by Pillow's `convert('RGB').resize(size, BILINEAR)`: antialiased,
 * 8-bit fixed point, horizontal pass rounded to bytes, then the vertical pass. That is what the processors of the hub's
 * DETR families do (resample 2), so scores match theirs. No gradient: an image is not trained.
 *
 * H, W source rows and columns, h, w output rows and columns.
 */
import * as tf from '@tensorflow/tfjs-core';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { DetectorError } from '../../lib/errors';
import { expectShape, expectThat } from '../shapes';
import { submit } from '../submit';
import { levelValues, resampleTable, type Normalisation, type ResampleTable } from './coefficients';
import { resizeDevice, type ImageSource, type Passes, type ResizeWork } from './device';
import { isFrame, isSoftware, readsFrames } from './frames';
import { resizePixels, toFloats } from './reference';

const KEPT = 64;
/** Tables by their sizes: 0.1 to 1 ms of float64 work each. */
const tables = new Map<string, ResampleTable>();

function tableFor(inSize: number, outSize: number): ResampleTable {
  const key = `${inSize}>${outSize}`;
  const table = tables.get(key) ?? resampleTable(inSize, outSize);
  tables.delete(key);
  tables.set(key, table);
  for (const oldest of tables.keys()) {
    if (tables.size <= KEPT) break;
    tables.delete(oldest);
  }
  return table;
}

/** 'best' decides by the adapter and the image; the others are for tests and measurements. */
export type ResizePath = 'best' | 'gpu' | 'gpu in two passes' | 'plain';

function sizeOf(image: ImageSource): [height: number, width: number] {
  const [height, width] = isFrame(image) ? [image.displayHeight, image.displayWidth] : [image.height, image.width];
  if (height < 1 || width < 1) {
    throw new DetectorError(
      'image',
      'resize',
      `expected an image with pixels, got ${width} x ${height} (was it closed?)`,
    );
  }
  return [height, width];
}

function drawn(image: Exclude<ImageSource, ImageData>, willReadFrequently: boolean): OffscreenCanvasRenderingContext2D {
  const [height, width] = sizeOf(image);
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently });
  if (!context) throw new DetectorError('image', 'resize', `the browser made no canvas of ${width} x ${height} pixels`);
  context.drawImage(image, 0, 0);
  return context;
}

/** RGBA bytes, by way of a canvas. It premultiplies: not exact where a pixel is not opaque. */
function pixelsOf(image: ImageSource): { pixels: Uint8ClampedArray; exact: boolean } {
  if (image instanceof ImageData) return { pixels: image.data, exact: true };
  const context = drawn(image, true);
  const pixels = context.getImageData(0, 0, context.canvas.width, context.canvas.height).data;
  let exact = true;
  for (let i = 3; exact && i < pixels.length; i += 4) exact = pixels[i] === 255;
  return { pixels, exact };
}

interface Tables {
  rows: ResampleTable;
  columns: ResampleTable;
}

const plainly = (pixels: Uint8ClampedArray, { rows, columns }: Tables, normalisation: Normalisation): Float32Array =>
  toFloats(resizePixels(pixels, rows, columns), levelValues(normalisation));

/** A frame is read in place where that can be, else by way of a canvas: `readable` knows a shorter way, which is awaited. */
function onGpu(device: GPUDevice, image: ImageSource, work: ResizeWork): void {
  const resize = resizeDevice(device);
  if (!isFrame(image)) return resize.run(image, work);
  if (readsFrames(device)) {
    try {
      return resize.runFrame(image, work);
    } catch (thrown) {
      if (!(thrown instanceof DOMException || thrown instanceof TypeError)) throw thrown;
    }
  }
  resize.run(drawn(image, false).canvas, work);
}

/**
 * Where the resize happens: on a GPU everything stays there and nothing is awaited. On a software adapter the plain loops
 * give the same bytes seven times sooner (640 x 480 to 320 x 320 on SwiftShader: 5 ms for 36, most of it the browser's copy
 * into a texture), except for images with transparency, whose colours only the texture copy keeps.
 * @param take gets the values, or, where they are made on the GPU, is left out for `output`
 */
function resizeTo(
  image: ImageSource,
  [height, width]: readonly [number, number],
  normalisation: Normalisation,
  path: ResizePath,
  target: { output(): GPUBuffer; take(values: Float32Array): void },
): void {
  const [inHeight, inWidth] = sizeOf(image);
  const tables = { rows: tableFor(inHeight, height), columns: tableFor(inWidth, width) };
  const backend = tf.backend();
  const gpu = backend instanceof WebGPUBackend && path !== 'plain' ? backend : undefined;
  const passes: { passes?: Passes } = path === 'gpu in two passes' ? { passes: 2 } : {};
  const work: ResizeWork = { ...tables, normalisation, output: target.output, ...passes };
  if (gpu && (path !== 'best' || !isSoftware(gpu.device))) return onGpu(gpu.device, image, work);
  const { pixels, exact } = pixelsOf(image);
  if (gpu && !exact) return onGpu(gpu.device, image, work);
  target.take(plainly(pixels, tables, normalisation));
}

/** The tensor's buffer, made where it has none yet. */
function bufferOf(backend: WebGPUBackend, { dataId }: tf.TensorInfo): GPUBuffer {
  backend.uploadToGPU(dataId);
  return backend.tensorMap.get(dataId).resource as GPUBuffer;
}

/**
 * Resizes to `size` and normalises: (level * rescale - mean) / std. Alpha is dropped. The image stays the caller's.
 * @param size [h, w]
 * @returns float32 [1,h,w,3], RGB, owned by the caller
 * @throws DetectorError `image` when the image is empty, closed or does not fit the device, `internal` for sizes below 1
 */
export function resizeToTensor(
  image: ImageSource,
  size: readonly [number, number],
  normalisation: Normalisation = {},
  path: ResizePath = 'best',
): tf.Tensor4D {
  const shape: [number, number, number, number] = [1, ...size, 3];
  const results: tf.Tensor4D[] = [];
  resizeTo(image, size, normalisation, path, {
    output: () => {
      const backend = tf.backend() as WebGPUBackend;
      const info = backend.makeTensorInfo(shape, 'float32');
      results.push(tf.engine().makeTensorFromTensorInfo(info) as tf.Tensor4D);
      return bufferOf(backend, info);
    },
    take: (values) => results.push(tf.tensor4d(values, shape)),
  });
  return results[0]!;
}

/**
 * As `resizeToTensor`, into a tensor that is there already: a recorded plan reads its input from always the same buffer.
 * Programs that were run before see what the tensor held before; those that run afterwards, and plans, the image.
 * @param into float32 [1,h,w,3] on the WebGPU backend
 * @throws DetectorError as `resizeToTensor`, and `internal` for another shape, type or backend
 */
export function resizeInto(
  image: ImageSource,
  into: tf.Tensor4D,
  normalisation: Normalisation = {},
  path: ResizePath = 'best',
): void {
  const backend = tf.backend();
  if (!(backend instanceof WebGPUBackend)) {
    throw new DetectorError('internal', 'resizeInto', `expected the backend webgpu, got ${tf.getBackend()}`);
  }
  expectShape('resizeInto', 'into', into.shape, [1, 'h', 'w', 3]);
  expectThat('resizeInto', into.dtype === 'float32', `expected into of float32, got ${into.dtype}`);
  const output = (): GPUBuffer => {
    const buffer = bufferOf(backend, into);
    // What TF.js has recorded and not yet submitted comes first, and what it has read back of the old numbers is no longer true.
    submit(backend);
    Object.assign(backend.tensorMap.get(into.dataId), { values: null });
    return buffer;
  };
  const take = (values: Float32Array): void =>
    backend.device.queue.writeBuffer(output(), 0, values as Float32Array<ArrayBuffer>);
  resizeTo(image, [into.shape[1], into.shape[2]], normalisation, path, { output, take });
}
