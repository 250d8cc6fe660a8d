import { describe, expect, it } from 'vitest';
import { differenceHash, duplicatesAcross, greyOf, hammingDistance, type Fingerprint } from './duplicates';

const image = (width: number, height: number, grey: (x: number, y: number) => number): Uint8Array =>
  Uint8Array.from({ length: width * height }, (_, at) => grey(at % width, Math.floor(at / width)));
const wave = (u: number, v: number): number => 128 + 90 * Math.sin(7 * u + 3 * v) * Math.cos(5 * v - 2 * u);
const waves = (width: number, height: number): Uint8Array =>
  image(width, height, (x, y) => wave((x + 0.5) / width, (y + 0.5) / height));

describe('differenceHash', () => {
  it('has a bit for every cell that is darker than its right neighbour', () => {
    expect(
      differenceHash(
        image(9, 8, (x) => x * 20),
        9,
        8,
      ),
    ).toBe('ffffffffffffffff');
    expect(
      differenceHash(
        image(9, 8, (x) => 200 - x * 20),
        9,
        8,
      ),
    ).toBe('0000000000000000');
    expect(
      differenceHash(
        image(9, 8, (x, y) => (y === 1 && x === 8 ? 9 : 5)),
        9,
        8,
      ),
    ).toBe('0001000000000000');
    expect(
      differenceHash(
        image(9, 8, (x, y) => (y === 7 && x > 0 ? 9 : 5)),
        9,
        8,
      ),
    ).toBe('0000000000000080');
  });

  it('weighs pixels by the part that lies in a cell', () => {
    // 10 columns on 9 cells: the step between columns 4 and 5 lies in the middle of cell 4.
    expect(
      differenceHash(
        image(10, 8, (x) => (x < 5 ? 0 : 100)),
        10,
        8,
      ),
    ).toBe('18'.repeat(8));
  });

  it('hardly changes with the size, and works below 9 x 8 pixels', () => {
    const large = differenceHash(waves(640, 427), 640, 427);
    expect(hammingDistance(large, differenceHash(waves(101, 83), 101, 83))).toBeLessThanOrEqual(2);
    expect(
      differenceHash(
        image(2, 1, (x) => x * 9),
        2,
        1,
      ),
    ).toBe('18'.repeat(8));
  });

  it('refuses pixels that do not fill the image', () => {
    expect(() => differenceHash(new Uint8Array(5), 2, 3)).toThrow(/expected 2 x 3 grey pixels, got 5/);
  });
});

it('greyOf weighs red, green and blue', () => {
  expect([...greyOf(new Uint8Array([255, 0, 0, 9, 0, 255, 0, 9, 0, 0, 255, 9, 255, 255, 255, 0]))]).toEqual([
    76, 150, 29, 255,
  ]);
});

it('hammingDistance counts bits in both halves', () => {
  expect(hammingDistance('ffffffffffffffff', '0000000000000000')).toBe(64);
  expect(hammingDistance('8000000000000001', '0000000000000000')).toBe(2);
  expect(hammingDistance('123456789abcdef0', '123456789abcdef0')).toBe(0);
});

it('duplicatesAcross finds copies and near copies, closest first', () => {
  const print = (file: string, hash: string, sha256 = file): Fingerprint => ({ file, hash, sha256 });
  const train = [
    print('near', 'ff000000000000f1'),
    print('far', '00ff00ff00ff00ff'),
    print('copy', '0f0f0f0f0f0f0f0f', 'x'),
  ];
  const flat = '0000000000000000';
  const held = [
    print('a', 'ff000000000000f0'),
    print('b', '0f0f0f0f0f0f0f0f', 'x'),
    print('c', '0f0f0f0f0f0f0f0f'),
    print('grey', flat),
  ];
  expect(duplicatesAcross([...train, print('grey too', flat)], held)).toEqual([
    { train: 'copy', heldOut: 'b', exact: true, distance: 0 },
    { train: 'copy', heldOut: 'c', exact: false, distance: 0 },
    { train: 'near', heldOut: 'a', exact: false, distance: 1 },
  ]);
  expect(duplicatesAcross(train, held, 0)).toHaveLength(2);
});
