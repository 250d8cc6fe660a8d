import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DetectorError } from '../../lib/errors';
import { levelValues, resampleTable } from './coefficients';
import { resizePixels, toFloats } from './reference';
import { noisePixels, pillowCases } from './testing';
import { planTiles } from './tiles';

const file = resolve(import.meta.dirname, '../../../../shared/reference/preprocess.safetensors');
const WHY_SKIPPED = '../shared/reference/preprocess.safetensors is not beside the project';

test('every byte of Pillow’s answers for three photos', ({ skip }) => {
  skip(!existsSync(file), WHY_SKIPPED);
  const cases = pillowCases(new Uint8Array(readFileSync(file)).buffer);
  expect(cases).toHaveLength(3);
  for (const { from, to, source, resized } of cases) {
    const got = resizePixels(source, resampleTable(from[0], to[0]), resampleTable(from[1], to[1]));
    expect(Buffer.compare(got, resized)).toBe(0);
  }
});

describe('tables', () => {
  test.each([
    [7, 3],
    [3, 7],
    [640, 320],
    [321, 640],
    [5000, 1],
    [1, 9],
    [4, 4],
  ])('%i to %i: weights stay inside and sum to 1', (inSize, outSize) => {
    const { entries, stride } = resampleTable(inSize, outSize);
    for (let o = 0; o < outSize; o++) {
      const [first, count] = [entries[o * stride]!, entries[o * stride + 1]!];
      const weights = entries.slice(o * stride + 2, (o + 1) * stride);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(first + count).toBeLessThanOrEqual(inSize);
      const sum = weights.reduce((a, b) => a + b, 0);
      expect(Math.abs(sum - 2 ** 22)).toBeLessThanOrEqual(count);
      expect(weights.slice(count).every((weight) => weight === 0)).toBe(true);
    }
  });

  test('halving 4 pixels weighs them 1, 3, 3, 1 around each centre', () => {
    const { entries, stride } = resampleTable(4, 2);
    const parts = [...entries.subarray(0, 5)].slice(2).map((weight) => weight / 2 ** 22);
    expect(stride).toBe(7);
    [3 / 7, 3 / 7, 1 / 7].forEach((part, k) => expect(parts[k]).toBeCloseTo(part, 6));
  });

  test.each([0, -1, 1.5, NaN])('a size of %d is refused', (size) => {
    expect(() => resampleTable(3, size)).toThrow(DetectorError);
    expect(() => resampleTable(size, 3)).toThrow(DetectorError);
  });
});

describe('passes', () => {
  test('an unchanged size returns the bytes', () => {
    const pixels = noisePixels(5, 3);
    const table = [resampleTable(5, 5), resampleTable(3, 3)] as const;
    const rgb = pixels.filter((_, i) => i % 4 !== 3);
    expect([...resizePixels(pixels, ...table)]).toEqual([...rgb]);
  });

  test('one flat colour stays that colour at every size', () => {
    const pixels = new Uint8ClampedArray(6 * 11 * 4).fill(255);
    expect(resizePixels(pixels, resampleTable(6, 17), resampleTable(11, 2)).every((level) => level === 255)).toBe(true);
  });

  test('alpha is dropped, not multiplied', () => {
    const pixels = Uint8ClampedArray.of(200, 100, 50, 0);
    expect([...resizePixels(pixels, resampleTable(1, 1), resampleTable(1, 1))]).toEqual([200, 100, 50]);
  });
});

describe('values', () => {
  test('mean and std are per channel, after rescaling', () => {
    const mean = [0.485, 0.456, 0.406] as const;
    const std = [0.229, 0.224, 0.225] as const;
    const got = toFloats(Uint8Array.of(0, 128, 255, 255, 0, 128), levelValues({ rescale: 1 / 255, mean, std }));
    const expected = [0, 128, 255, 255, 0, 128].map((level, i) => (level / 255 - mean[i % 3]!) / std[i % 3]!);
    expected.forEach((value, i) => expect(Math.abs(got[i]! - value)).toBeLessThanOrEqual(3e-7));
    expect(got).toHaveLength(6);
  });

  test('the default keeps levels', () => {
    expect([...toFloats(Uint8Array.of(0, 7, 255), levelValues({}))]).toEqual([0, 7, 255]);
  });

  test('a std of 0 or a mean that is not a number is refused', () => {
    expect(() => levelValues({ std: [1, 0, 1] })).toThrow(/std without 0/);
    expect(() => levelValues({ mean: [NaN, 0, 0] })).toThrow(/finite/);
  });
});

describe('tiles', () => {
  test.each([
    { width: 20, height: 9, to: 6, side: 8, area: 24 },
    { width: 20, height: 9, to: 50, side: 4, area: 1000 },
    { width: 7, height: 30, to: 7, side: 16, area: 20 },
  ])('$width x $height to $to columns in pieces of at most $side', ({ width, height, to, side, area }) => {
    const table = resampleTable(width, to);
    const seen = new Map<string, number>();
    for (const tile of planTiles(table, height, { side, area })) {
      expect(Math.max(tile.width, tile.height)).toBeLessThanOrEqual(side);
      expect(tile.width * tile.height).toBeLessThanOrEqual(area);
      expect(tile.x + tile.width).toBeLessThanOrEqual(width);
      for (let o = tile.from; o < tile.to; o++) {
        const [first, count] = [table.entries[o * table.stride]!, table.entries[o * table.stride + 1]!];
        expect(first).toBeGreaterThanOrEqual(tile.x);
        expect(first + count).toBeLessThanOrEqual(tile.x + tile.width);
        for (let y = tile.y; y < tile.y + tile.height; y++) seen.set(`${o},${y}`, (seen.get(`${o},${y}`) ?? 0) + 1);
      }
    }
    expect(seen.size).toBe(to * height);
    expect([...seen.values()].every((times) => times === 1)).toBe(true);
  });

  test('an output column wider than a texture is refused', () => {
    expect(() => planTiles(resampleTable(100, 2), 1, { side: 16, area: 256 })).toThrow(/source columns/);
  });
});
