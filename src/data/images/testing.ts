/** Image files made byte by byte, for the tests of both rings: small, and exactly what each test is about. */

export type Rgb = readonly [number, number, number];

export const ascii = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));
const be16 = (value: number): number[] => [(value >> 8) & 255, value & 255];
const be32 = (value: number): number[] => [...be16(value >>> 16), ...be16(value & 0xffff)];
const le16 = (value: number): number[] => be16(value).reverse();
const le32 = (value: number): number[] => be32(value >>> 0).reverse();

/** Concatenates without spreading, which a large part would overflow. */
export function join(...parts: ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}

async function deflated(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export function pngChunk(type: string, data: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const body = join(ascii(type), data);
  return join(be32(data.length), body, be32(crc32(body)));
}

/** @param scanlines each with its filter byte; @param extra chunks between the header and the pixels */
export async function png(
  width: number,
  height: number,
  { depth, colour }: { depth: number; colour: number },
  scanlines: Uint8Array<ArrayBuffer>,
  extra: Uint8Array = new Uint8Array(0),
): Promise<Uint8Array<ArrayBuffer>> {
  const header = pngChunk('IHDR', [...be32(width), ...be32(height), depth, colour, 0, 0, 0]);
  const pixels = pngChunk('IDAT', await deflated(scanlines));
  return join([0x89, ...ascii('PNG\r\n'), 0x1a, 0x0a], header, extra, pixels, pngChunk('IEND', []));
}

/** One-bit grey, all black: a hundred megapixels in 12 kB. */
export const blackPng = (width: number, height: number): Promise<Uint8Array<ArrayBuffer>> =>
  png(width, height, { depth: 1, colour: 0 }, new Uint8Array(height * (1 + Math.ceil(width / 8))));

/** Eight-bit grey, another pattern in every row and column. */
export function greyPng(width: number, height: number, extra?: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const lines = new Uint8Array(height * (1 + width));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) lines[y * (1 + width) + 1 + x] = x * 7 + y * 31 + ((x * y) % 13) * 9;
  }
  return png(width, height, { depth: 8, colour: 0 }, lines, extra);
}

/** A TIFF block with nothing but the orientation tag, as EXIF wants it. */
export function exif(orientation: number, littleEndian = false): Uint8Array<ArrayBuffer> {
  const [word, long] = littleEndian ? [le16, le32] : [be16, be32];
  const tag = [...word(0x0112), ...word(3), ...long(1), ...word(orientation), 0, 0];
  return join(ascii(littleEndian ? 'II' : 'MM'), word(42), long(8), word(1), tag, long(0));
}

const segment = (marker: number, data: ArrayLike<number>): Uint8Array<ArrayBuffer> =>
  join([0xff, marker], be16(data.length + 2), data);

/** Puts an EXIF segment right behind the start of a JPEG. */
export function withExif(jpeg: Uint8Array, orientation: number, littleEndian = false): Uint8Array<ArrayBuffer> {
  const app1 = segment(0xe1, join(ascii('Exif\0\0'), exif(orientation, littleEndian)));
  return join(jpeg.subarray(0, 2), app1, jpeg.subarray(2));
}

/** Bits to JPEG's entropy-coded bytes: padded with ones, a 0 after every 255. */
function packBits(bits: string): number[] {
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1');
  return (padded.match(/.{8}/g) ?? []).flatMap((byte) => (byte === '11111111' ? [255, 0] : [parseInt(byte, 2)]));
}

/** A DC difference: four bits of category (see `flatJpeg`'s table), then the value as JPEG writes it; then end of block. */
function block(difference: number): string {
  const category = difference === 0 ? 0 : 32 - Math.clz32(Math.abs(difference));
  const value = difference < 0 ? difference + 2 ** category - 1 : difference;
  const bits = category === 0 ? '' : value.toString(2).padStart(category, '0');
  return `${category.toString(2).padStart(4, '0')}${bits}0`;
}

/**
 * A baseline JPEG of one flat colour: every block is its DC coefficient alone.
 * @param samples one per component: 3 are RGB, 4 are CMYK as Adobe stores it (255 is no ink)
 */
export function flatJpeg(width: number, height: number, samples: readonly number[]): Uint8Array<ArrayBuffer> {
  const components = samples.map((_, i) => [i + 1, 0x11, 0]).flat();
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const first = samples.map((sample) => block(sample - 128)).join('');
  const more = samples
    .map(() => block(0))
    .join('')
    .repeat(blocks - 1);
  // Twelve codes of four bits for categories 0..11; one code of one bit for "end of block".
  const dcTable = [0x00, 0, 0, 0, 12, ...new Array<number>(12).fill(0), ...Array.from({ length: 12 }, (_, i) => i)];
  const acTable = [0x10, 1, ...new Array<number>(15).fill(0), 0];
  return join(
    [0xff, 0xd8],
    // Adobe's marker with transform 0: the components are not YCbCr.
    segment(0xee, [...ascii('Adobe'), 0, 100, 0, 0, 0, 0, 0]),
    segment(0xdb, [0, ...new Array<number>(64).fill(8)]),
    segment(0xc0, [8, ...be16(height), ...be16(width), samples.length, ...components]),
    segment(0xc4, dcTable),
    segment(0xc4, acTable),
    segment(0xda, [samples.length, ...samples.flatMap((_, i) => [i + 1, 0x00]), 0, 63, 0]),
    packBits(first + more),
    [0xff, 0xd9],
  );
}

/** 1 x 1, two frames: the first red, the second blue. */
export function twoFrameGif(): Uint8Array<ArrayBuffer> {
  const frame = (code: number): number[] => [0x2c, ...le16(0), ...le16(0), ...le16(1), ...le16(1), 0, 2, 2, code, 1, 0];
  const palette = [255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0];
  return join(ascii('GIF89a'), le16(1), le16(1), [0x81, 0, 0], palette, frame(0x44), frame(0x4c), [0x3b]);
}

/** 24 bits, one flat colour; rows from the top where the height is negative. */
export function flatBmp(width: number, height: number, [r, g, b]: Rgb): Uint8Array<ArrayBuffer> {
  const rows = Math.abs(height);
  const stride = Math.ceil((width * 3) / 4) * 4;
  const pixels = new Uint8Array(stride * rows);
  for (let y = 0; y < rows; y++) for (let x = 0; x < width; x++) pixels.set([b, g, r], y * stride + x * 3);
  const dib = [...le32(40), ...le32(width), ...le32(height), ...le16(1), ...le16(24), ...new Array<number>(24).fill(0)];
  return join(ascii('BM'), le32(54 + pixels.length), le32(0), le32(54), dib, pixels);
}

/** 2 x 2, made by libavif. */
export const TINY_AVIF =
  'AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADybWV0YQAAAAAAAAAoaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAGxpYmF2aWYA' +
  'AAAADnBpdG0AAAAAAAEAAAAeaWxvYwAAAABEAAABAAEAAAABAAABGgAAAB0AAAAoaWluZgAAAAAAAQAAABppbmZlAgAAAAABAABhdjAxQ29sb3IA' +
  'AAAAamlwcnAAAABLaXBjbwAAABRpc3BlAAAAAAAAAAIAAAACAAAAEHBpeGkAAAAAAwgICAAAAAxhdjFDgQ0MAAAAABNjb2xybmNseAACAAIAAYAA' +
  'AAAXaXBtYQAAAAAAAAABAAEEAQKDBAAAACVtZGF0EgAKCBgANogQEAwgMg8f8D///8WfhwB8+ErK42A=';

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** The `ftyp` box that an ISO media file begins with, and a little more. */
export function isoMedia(major: string, ...compatible: string[]): Uint8Array<ArrayBuffer> {
  const brands = ascii([major, '\0\0\0\0', ...compatible].join(''));
  return join(be32(8 + brands.length), ascii('ftyp'), brands, be32(8), ascii('mdat'));
}
