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
import { isSoftwareAdapter } from '../adapter';
import { levelValues, resampleTable, type Normalisation, type ResampleTable } from './coefficients';
import { resizeDevice, type Source } from './device';
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

/** What a photo, a frame or a canvas may come as. The WebGPU path takes all but frames as they are. */
export type ImageSource = Source | VideoFrame;

const isFrame = (image: ImageSource): image is VideoFrame => 'displayWidth' in image;

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

/** A frame by way of a canvas: Chromium refuses to copy frames into a texture of a software adapter. */
const sourceOf = (image: ImageSource): Source => (isFrame(image) ? drawn(image, false).canvas : image);

/** Chromium before 131 has no adapterInfo on the device. */
function isSoftware({ adapterInfo }: { adapterInfo?: GPUAdapterInfo }): boolean {
  return adapterInfo !== undefined && isSoftwareAdapter(adapterInfo);
}

interface Tables {
  rows: ResampleTable;
  columns: ResampleTable;
}

function resizePlainly(
  pixels: Uint8ClampedArray,
  { rows, columns }: Tables,
  normalisation: Normalisation,
): tf.Tensor4D {
  const values = toFloats(resizePixels(pixels, rows, columns), levelValues(normalisation));
  return tf.tensor4d(values, [1, rows.outSize, columns.outSize, 3]);
}

function resizeOnGpu(
  backend: WebGPUBackend,
  image: ImageSource,
  { rows, columns }: Tables,
  normalisation: Normalisation,
): tf.Tensor4D {
  const results: tf.TensorInfo[] = [];
  resizeDevice(backend.device).run(sourceOf(image), rows, columns, normalisation, () => {
    const info = backend.makeTensorInfo([1, rows.outSize, columns.outSize, 3], 'float32');
    results.push(info);
    backend.uploadToGPU(info.dataId);
    return backend.tensorMap.get(info.dataId).resource as GPUBuffer;
  });
  return tf.engine().makeTensorFromTensorInfo(results[0]!) as tf.Tensor4D;
}

/**
 * Resizes to `size` and normalises: (level * rescale - mean) / std. Alpha is dropped. The image stays the caller's.
 *
 * On a GPU everything stays there and nothing is awaited. On a software adapter the plain loops give the same bytes seven
 * times sooner (640 x 480 to 320 x 320 on SwiftShader: 5 ms for 36, most of it the browser's copy into a texture), except
 * for images with transparency, whose colours only the texture copy keeps.
 * @param size [h, w]
 * @param path 'best' decides by the adapter; the others are for tests and measurements
 * @returns float32 [1,h,w,3], RGB, owned by the caller
 * @throws DetectorError `image` when the image is empty, closed or does not fit the device, `internal` for sizes below 1
 */
export function resizeToTensor(
  image: ImageSource,
  [height, width]: readonly [number, number],
  normalisation: Normalisation = {},
  path: 'best' | 'gpu' | 'plain' = 'best',
): tf.Tensor4D {
  const [inHeight, inWidth] = sizeOf(image);
  const tables = { rows: tableFor(inHeight, height), columns: tableFor(inWidth, width) };
  const backend = tf.backend();
  const gpu = backend instanceof WebGPUBackend && path !== 'plain' ? backend : undefined;
  if (gpu && (path === 'gpu' || !isSoftware(gpu.device))) return resizeOnGpu(gpu, image, tables, normalisation);
  const { pixels, exact } = pixelsOf(image);
  if (gpu && !exact) return resizeOnGpu(gpu, image, tables, normalisation);
  return resizePlainly(pixels, tables, normalisation);
}
