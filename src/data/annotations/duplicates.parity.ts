/** Near-duplicates among real photos: what shrinking, stronger compression and cropping do to the hash, and other photos. */
import { expect, test } from 'vitest';
import { sharedBytes, sharedIsHere } from '../../kernels/testing/shared';
import { differenceHash, greyOf, hammingDistance, NEAR_BITS } from './duplicates';

interface Drawn {
  canvas: OffscreenCanvas;
  hash: string;
}

/** Draws an image, without `cut` of each side, at `scale`. */
async function draw(blob: Blob, scale = 1, cut = 0): Promise<Drawn> {
  const bitmap = await createImageBitmap(blob);
  const [width, height] = [bitmap.width * (1 - 2 * cut), bitmap.height * (1 - 2 * cut)];
  const canvas = new OffscreenCanvas(Math.round(width * scale), Math.round(height * scale));
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  const source = [bitmap.width * cut, bitmap.height * cut, width, height] as const;
  context.drawImage(bitmap, ...source, 0, 0, canvas.width, canvas.height);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return { canvas, hash: differenceHash(greyOf(data), canvas.width, canvas.height) };
}

async function photos(): Promise<Blob[]> {
  const json = async (path: string): Promise<unknown> => JSON.parse(new TextDecoder().decode(await sharedBytes(path)));
  const { val } = (await json('datasets/raccoon/splits.json')) as { val: string[] };
  const { images } = (await json('datasets/coco_train208/annotations.json')) as { images: { file_name: string }[] };
  const paths = [
    ...val.slice(0, 40).map((name) => `datasets/raccoon/images/${name}.jpg`),
    ...images.slice(0, 60).map(({ file_name }) => `datasets/coco_train208/images/${file_name}`),
  ];
  return Promise.all(paths.map(async (path) => new Blob([await sharedBytes(path)])));
}

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;

test.skipIf(!sharedIsHere)('copies are near, other photos are not', async () => {
  const originals: string[] = [];
  const distances: Record<'halved' | 'compressed' | 'cropped', number[]> = { halved: [], compressed: [], cropped: [] };
  for (const blob of await photos()) {
    const { canvas, hash } = await draw(blob);
    originals.push(hash);
    distances.halved.push(hammingDistance(hash, (await draw(blob, 0.5)).hash));
    distances.cropped.push(hammingDistance(hash, (await draw(blob, 1, 0.01)).hash));
    const compressed = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.3 });
    distances.compressed.push(hammingDistance(hash, (await draw(compressed)).hash));
  }
  const others = originals.flatMap((a, index) => originals.slice(index + 1).map((b) => hammingDistance(a, b)));
  for (const [name, list] of Object.entries({ ...distances, others })) {
    list.sort((a, b) => a - b);
    const shown = [0, 0.001, 0.01, 0.5, 0.95, 1].map((share) => percentile(list, share));
    console.log(`${name}: ${list.length} pairs, bits at 0, 0.1, 1, 50, 95, 100 %: ${shown.join(' ')}`);
  }
  const near = (list: readonly number[]): number =>
    list.filter((distance) => distance <= NEAR_BITS).length / list.length;
  expect(near(distances.halved)).toBe(1);
  expect(near(distances.compressed)).toBe(1);
  expect(near(distances.cropped)).toBeGreaterThanOrEqual(0.95);
  expect(near(others)).toBeLessThanOrEqual(0.001);
});
