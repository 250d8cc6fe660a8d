/** EXIF orientation from the header of a JPEG or PNG, so that the size of the upright image is known without decoding. */
import { pixelSize, type PixelSize } from './header';

const HEAD_BYTES = 2 ** 18;
const ORIENTATION = 0x0112;

/** The orientation tag of a TIFF block: its first directory is searched. 1 where there is none. */
function orientationOf(tiff: DataView): number {
  const little = tiff.getUint16(0) === 0x4949;
  const directory = tiff.getUint32(4, little);
  for (let entry = 0; entry < tiff.getUint16(directory, little); entry++) {
    const at = directory + 2 + entry * 12;
    if (tiff.getUint16(at, little) === ORIENTATION) return tiff.getUint16(at + 8, little);
  }
  return 1;
}

/** The TIFF block of a JPEG: APP1 that begins with "Exif", before the image itself. */
function jpegExif(bytes: DataView): DataView | undefined {
  let at = 2;
  while (bytes.getUint8(at) === 0xff && bytes.getUint8(at + 1) !== 0xda) {
    const length = bytes.getUint16(at + 2);
    const isExif = bytes.getUint8(at + 1) === 0xe1 && bytes.getUint32(at + 4) === 0x45786966;
    if (isExif) return new DataView(bytes.buffer, bytes.byteOffset + at + 10, length - 8);
    at += 2 + length;
  }
  return undefined;
}

/** The TIFF block of a PNG: chunk eXIf, before the pixels. */
function pngExif(bytes: DataView): DataView | undefined {
  let at = 8;
  while (bytes.getUint32(at + 4) !== 0x49444154) {
    const length = bytes.getUint32(at);
    if (bytes.getUint32(at + 4) === 0x65584966) return new DataView(bytes.buffer, bytes.byteOffset + at + 8, length);
    at += 12 + length;
  }
  return undefined;
}

/** 1..8 as EXIF numbers them; 1 where the header says nothing, or is damaged. */
export function exifOrientation(header: Uint8Array): number {
  const bytes = new DataView(header.buffer, header.byteOffset, header.byteLength);
  try {
    const exif =
      bytes.getUint16(0) === 0xffd8 ? jpegExif(bytes) : bytes.getUint32(0) === 0x89504e47 ? pngExif(bytes) : undefined;
    const orientation = exif ? orientationOf(exif) : 1;
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
  } catch (thrown) {
    // A header that ends early, or points past its end.
    if (thrown instanceof RangeError) return 1;
    throw thrown;
  }
}

/** Size of the upright image; undefined where the file tells none. */
export async function uprightPixelSize(image: Blob): Promise<PixelSize | undefined> {
  const head = new Uint8Array(await image.slice(0, HEAD_BYTES).arrayBuffer());
  const stored = pixelSize(head) ?? pixelSize(new Uint8Array(await image.arrayBuffer()));
  if (!stored) return undefined;
  const { width, height } = stored;
  return exifOrientation(head) >= 5 ? { width: height, height: width } : { width, height };
}
