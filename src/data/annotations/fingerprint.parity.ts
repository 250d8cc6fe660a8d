/** Copies across a split of real photos are found through decoding and all. */
import { expect, test } from 'vitest';
import { sharedBytes, sharedIsHere } from '../../kernels/testing/shared';
import { findDuplicates } from './fingerprint';

const photo = async (name: string): Promise<{ id: string; blob: Blob }> => ({
  id: name,
  blob: new Blob([await sharedBytes(`datasets/raccoon/images/${name}.jpg`)]),
});

async function halved(blob: Blob): Promise<Blob> {
  const bitmap = await createImageBitmap(blob);
  const canvas = new OffscreenCanvas(Math.round(bitmap.width / 2), Math.round(bitmap.height / 2));
  canvas.getContext('2d')!.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.8 });
}

test.skipIf(!sharedIsHere)('the same photo, a smaller copy, and no other one', async () => {
  const [a, b, c, d] = await Promise.all(['raccoon-1', 'raccoon-10', 'raccoon-100', 'raccoon-101'].map(photo));
  const broken = { id: 'broken', blob: new Blob(['no picture']) };
  const heldOut = [{ id: 'small', blob: await halved(a!.blob) }, { id: 'same', blob: b!.blob }, d!, broken];
  const found = await findDuplicates([a!, b!, c!], heldOut);
  expect(found.map(({ train, heldOut: held, exact }) => [train, held, exact])).toEqual([
    ['raccoon-10', 'same', true],
    ['raccoon-1', 'small', false],
  ]);
  expect(found[1]!.distance).toBeLessThanOrEqual(3);
});
