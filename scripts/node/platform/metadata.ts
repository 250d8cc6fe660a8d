/**
 * What a JPEG, PNG or WebP says of colours, taken out: the model is to see the levels as they are stored, as browsers give them
 * with `colorSpaceConversion: 'none'`. Skia has no such switch. Everything else stays byte by byte.
 */

/** Of a PNG: gAMA, cHRM, sRGB and iCCP say how colours are meant; cICP is their successor. */
const PNG_COLOUR = new Set(['iCCP', 'gAMA', 'cHRM', 'sRGB', 'cICP']);
const PNG_HEAD = 8;
const RIFF_HEAD = 12;

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

const nameAt = (bytes: Uint8Array, at: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + length));

/** A JPEG without its ICC profile (APP2 segments that begin with "ICC_PROFILE"). */
function plainJpeg(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept = [bytes.subarray(0, 2)];
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda) {
    const end = at + 2 + view.getUint16(at + 2);
    const isProfile = bytes[at + 1] === 0xe2 && nameAt(bytes, at + 4, 11) === 'ICC_PROFILE';
    if (!isProfile) kept.push(bytes.subarray(at, end));
    at = end;
  }
  return joined([...kept, bytes.subarray(at)]);
}

/** A PNG without the chunks in `dropped`. */
export function withoutChunks(bytes: Uint8Array, dropped: ReadonlySet<string>): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept = [bytes.subarray(0, PNG_HEAD)];
  let at = PNG_HEAD;
  while (at + 12 <= bytes.length) {
    const end = at + 12 + view.getUint32(at);
    if (!dropped.has(nameAt(bytes, at + 4, 4))) kept.push(bytes.subarray(at, end));
    at = end;
  }
  return joined(kept);
}

/** A WebP without its ICC profile: the chunk, and the bit of VP8X that announces it. */
function plainWebp(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array[] = [];
  let at = RIFF_HEAD;
  while (at + 8 <= bytes.length) {
    const size = view.getUint32(at + 4, true);
    const end = at + 8 + size + (size % 2);
    const name = nameAt(bytes, at, 4);
    const chunk = bytes.slice(at, end);
    if (name === 'VP8X') chunk[8] = chunk[8]! & ~0x20;
    if (name !== 'ICCP') kept.push(chunk);
    at = end;
  }
  const body = joined(kept);
  const head = bytes.slice(0, RIFF_HEAD);
  new DataView(head.buffer).setUint32(4, body.length + 4, true);
  return joined([head, body]);
}

export const isPng = (bytes: Uint8Array): boolean => bytes[0] === 0x89 && nameAt(bytes, 1, 3) === 'PNG';
const isJpeg = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === 0xd8;
const isWebp = (bytes: Uint8Array): boolean => nameAt(bytes, 0, 4) === 'RIFF' && nameAt(bytes, 8, 4) === 'WEBP';

/** The image without words about colours; files of other kinds as they are. Damaged ones may come out shorter. */
export function withoutColourProfile(bytes: Uint8Array): Uint8Array {
  if (isPng(bytes)) return withoutChunks(bytes, PNG_COLOUR);
  if (isJpeg(bytes)) return plainJpeg(bytes);
  if (isWebp(bytes)) return plainWebp(bytes);
  return bytes;
}
