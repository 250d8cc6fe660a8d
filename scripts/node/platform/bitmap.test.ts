import { expect, test } from 'vitest';
import { NodeCanvas } from './bitmap';
import { decodePixels } from './decode';

/** First bytes of an encoded picture. */
const HEADS = { 'image/png': [0x89, 0x50], 'image/jpeg': [0xff, 0xd8], 'image/webp': [0x52, 0x49] };

test.each(Object.entries(HEADS))('a canvas is encoded as %s where that is asked for', async (type, head) => {
  const canvas = new NodeCanvas(40, 30);
  const context = canvas.getContext('2d');
  context.fillStyle = 'rgb(200, 100, 50)';
  context.fillRect(0, 0, 40, 30);
  const blob = (await canvas.convertToBlob({ type } as never)) as Blob;
  expect(blob.type).toBe(type);
  const bytes = new Uint8Array(await blob.arrayBuffer());
  expect([...bytes.subarray(0, 2)]).toEqual(head);
  const { width, height, data } = await decodePixels(bytes);
  expect([width, height]).toEqual([40, 30]);
  [200, 100, 50, 255].forEach((level, c) => expect(Math.abs(data[c]! - level)).toBeLessThanOrEqual(3));
});

test('less quality makes fewer bytes', async () => {
  const canvas = new NodeCanvas(64, 64);
  const context = canvas.getContext('2d');
  for (let i = 0; i < 64; i++) {
    context.fillStyle = `rgb(${(i * 37) % 256}, ${(i * 91) % 256}, ${(i * 53) % 256})`;
    context.fillRect((i * 13) % 64, (i * 29) % 64, 9, 7);
  }
  const bytes = async (quality: number): Promise<number> =>
    ((await canvas.convertToBlob({ type: 'image/jpeg', quality } as never)) as Blob).size;
  expect(await bytes(0.3)).toBeLessThan(await bytes(0.9));
});
