/** Fingerprints of image files, and the near-duplicates that they tell (duplicates.ts). */
import { AS_STORED } from '../images/decode';
import { sha256Of } from '../images/kept';
import { differenceHash, duplicatesAcross, greyOf, type Duplicate, type Fingerprint } from './duplicates';

/** The hash sees 9 x 8 cells: more pixels than this change nothing. */
const MOST_SIDE = 1024;

/** @returns null where the image does not decode @param file what names it in the answer */
export async function fingerprintOf(file: string, blob: Blob): Promise<Fingerprint | null> {
  const bitmap = await createImageBitmap(blob, AS_STORED).catch(() => null);
  if (!bitmap) return null;
  try {
    const scale = Math.min(1, MOST_SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = new OffscreenCanvas(
      Math.max(1, Math.round(bitmap.width * scale)),
      Math.max(1, Math.round(bitmap.height * scale)),
    );
    const context = canvas.getContext('2d', { willReadFrequently: true })!;
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const hash = differenceHash(greyOf(data), canvas.width, canvas.height);
    return { file, sha256: await sha256Of(blob), hash };
  } finally {
    bitmap.close();
  }
}

interface Image {
  readonly id: string;
  readonly blob: Blob;
}

async function fingerprints(images: readonly Image[]): Promise<Fingerprint[]> {
  const all: Fingerprint[] = [];
  for (const { id, blob } of images) {
    const print = await fingerprintOf(id, blob);
    if (print) all.push(print);
  }
  return all;
}

/** The pairs across the split, by id, the closest first. Images that do not decode are left out. */
export async function findDuplicates(train: readonly Image[], heldOut: readonly Image[]): Promise<Duplicate[]> {
  return duplicatesAcross(await fingerprints(train), await fingerprints(heldOut));
}
