/** createImageBitmap, ImageBitmap, ImageData and OffscreenCanvas over Skia, as far as the worker and the drawing of boxes use them. */
import { createCanvas, ImageData as SkiaImageData, type Canvas } from '@napi-rs/canvas';
import { decodePixels, type Pixels } from './decode';

/** ImageData whose `data` is the array it was given, as the HTML standard has it; Skia's own copies. */
export class NodeImageData {
  readonly data: Pixels['data'];
  readonly width: number;
  readonly height: number;
  readonly colorSpace = 'srgb';

  constructor(width: number, height: number);
  constructor(data: Pixels['data'], width: number, height?: number);
  constructor(first: Pixels['data'] | number, second: number, third?: number) {
    const given = typeof first === 'number' ? null : first;
    this.width = typeof first === 'number' ? first : second;
    this.height = typeof first === 'number' ? second : (third ?? first.length / 4 / second);
    this.data = given ?? new Uint8ClampedArray(this.width * this.height * 4);
    const { length } = this.data;
    if (length !== this.width * this.height * 4)
      throw new DOMException(`${length} bytes for ${this.width} x ${this.height} pixels`, 'InvalidStateError');
  }
}

/** An ImageBitmap whose pixels are in memory: RGBA with straight alpha, upright. */
export class NodeBitmap {
  width: number;
  height: number;
  private drawn: Canvas | undefined;

  constructor(private pixels: Pixels) {
    ({ width: this.width, height: this.height } = pixels);
  }

  get data(): Pixels['data'] {
    return this.pixels.data;
  }

  /** As a canvas, made at the first use and kept. */
  get canvas(): Canvas {
    if (!this.drawn) {
      this.drawn = createCanvas(this.width, this.height);
      this.drawn.getContext('2d').putImageData(new SkiaImageData(this.data, this.width, this.height), 0, 0);
    }
    return this.drawn;
  }

  close(): void {
    this.width = 0;
    this.height = 0;
    this.pixels = { width: 0, height: 0, data: new Uint8ClampedArray(0) };
    this.drawn = undefined;
  }
}

type Source = Blob | NodeImageData | NodeBitmap | Canvas;

/** Pixels of anything that may be drawn or copied to a texture. @throws TypeError for other things, such as video frames */
export async function pixelsOfSource(source: Source): Promise<Pixels> {
  return source instanceof Blob ? decodePixels(new Uint8Array(await source.arrayBuffer())) : readyPixels(source);
}

/** Pixels that are here already. */
export function readyPixels(source: Exclude<Source, Blob>): Pixels {
  const { width, height } = source;
  if (source instanceof NodeBitmap || source instanceof NodeImageData)
    return { width, height, data: source.data as Pixels['data'] };
  if (!('getContext' in source)) throw new TypeError('expected an image, image data, a bitmap or a canvas');
  const { data } = source.getContext('2d').getImageData(0, 0, width, height);
  return { width, height, data: data as Pixels['data'] };
}

/** Scaled with Skia's best filter, as the browser does for `resizeQuality: 'high'`. */
function scaled(pixels: Pixels, width: number, height: number): Pixels {
  const context = createCanvas(width, height).getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(new NodeBitmap(pixels).canvas, 0, 0, width, height);
  return { width, height, data: context.getImageData(0, 0, width, height).data as Pixels['data'] };
}

/** Of the options only the size counts: pixels always come upright, with straight alpha and without colour conversion. */
export async function nodeImageBitmap(source: Source, options: ImageBitmapOptions = {}): Promise<NodeBitmap> {
  const pixels = await pixelsOfSource(source);
  const { resizeWidth: width = pixels.width, resizeHeight: height = pixels.height } = options;
  const same = width === pixels.width && height === pixels.height;
  return new NodeBitmap(same ? { ...pixels, data: pixels.data.slice() } : scaled(pixels, width, height));
}

const MOST_QUALITY = 100;
/** Of JPEG and WebP where none is asked for, as in Chromium. */
const USUAL_QUALITY = { 'image/jpeg': 0.92, 'image/webp': 0.8 };

/** An OffscreenCanvas's: Skia's own knows other names for type and quality and writes PNG whatever is asked for. */
async function convertToBlob(this: Canvas, { type = 'image/png', quality }: ImageEncodeOptions = {}): Promise<Blob> {
  if (type !== 'image/jpeg' && type !== 'image/webp')
    return new Blob([new Uint8Array(await this.encode('png'))], { type: 'image/png' });
  const percent = Math.round((quality ?? USUAL_QUALITY[type]) * MOST_QUALITY);
  const bytes = await (type === 'image/jpeg' ? this.encode('jpeg', percent) : this.encode('webp', percent));
  return new Blob([new Uint8Array(bytes)], { type });
}

/** `new OffscreenCanvas(width, height)` gives Skia's canvas itself. */
export const NodeCanvas = function (width: number, height: number): Canvas {
  return Object.assign(createCanvas(width, height), { convertToBlob });
} as unknown as new (width: number, height: number) => Canvas;

interface Context {
  drawImage(image: unknown, ...rest: number[]): void;
  getImageData(x: number, y: number, width: number, height: number): { width: number; height: number; data: unknown };
  putImageData(data: SkiaImageData | NodeImageData, ...rest: number[]): void;
}

/** Lets contexts take and give the classes of this file: Skia's binding knows only its own. */
export function teachContexts(): void {
  const prototype = Object.getPrototypeOf(createCanvas(1, 1).getContext('2d')) as Context;
  const { drawImage, getImageData, putImageData } = prototype;
  prototype.drawImage = function (image, ...rest) {
    drawImage.call(this, image instanceof NodeBitmap ? image.canvas : image, ...rest);
  };
  prototype.getImageData = function (...area) {
    const { data, width, height } = getImageData.apply(this, area);
    return new NodeImageData(data as Pixels['data'], width, height);
  };
  prototype.putImageData = function (image, ...rest) {
    const { data, width, height } = image;
    putImageData.call(this, image instanceof NodeImageData ? new SkiaImageData(data, width, height) : image, ...rest);
  };
}
