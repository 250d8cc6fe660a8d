/** Pixel size of an image from its header, before anything is decoded. Sizes are those stored, before EXIF rotation. */
import { imageDimensionsFromData } from 'image-dimensions';

export interface PixelSize {
  width: number;
  height: number;
}

/** Enough for nearly all files; JPEGs with large metadata and some AVIFs keep their size further back. */
const HEAD_BYTES = 2 ** 18;

/** BITMAPCOREHEADER has 16-bit sides, all later ones 32-bit; a negative height means that rows run from the top. */
function bmpSize(bytes: Uint8Array): PixelSize | undefined {
  if (bytes.length < 26 || bytes[0] !== 0x42 || bytes[1] !== 0x4d) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(14, true) < 40) return { width: view.getUint16(18, true), height: view.getUint16(20, true) };
  return { width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)) };
}

/** @returns undefined when the bytes end before the size, or are damaged */
export function pixelSize(bytes: Uint8Array): PixelSize | undefined {
  const size = bmpSize(bytes) ?? imageDimensionsFromData(bytes);
  return size && size.width > 0 && size.height > 0 ? { width: size.width, height: size.height } : undefined;
}

export async function readPixelSize(blob: Blob): Promise<PixelSize | undefined> {
  const head = pixelSize(new Uint8Array(await blob.slice(0, HEAD_BYTES).arrayBuffer()));
  if (head || blob.size <= HEAD_BYTES) return head;
  return pixelSize(new Uint8Array(await blob.arrayBuffer()));
}
