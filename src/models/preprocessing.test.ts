import { describe, expect, test } from 'vitest';
import { inputSize, readPreprocessing, type Preprocessing } from './preprocessing';

const EXACT: Preprocessing = { size: [640, 640], rescale: 1 / 255 };
const FIT: Preprocessing = { size: [800, 1066], fit: { shortest: 800, longest: 1333 }, rescale: 1 / 255 };

describe('inputSize', () => {
  // Answers of transformers 5.18, image_transforms.get_size_with_aspect_ratio.
  test.each([
    [640, 480, 800, 1066],
    [480, 640, 1066, 800],
    [1000, 1000, 800, 800],
    [2000, 500, 333, 1333],
    [300, 2000, 1333, 200],
    [500, 333, 800, 1201],
    [1066, 800, 800, 1066],
    [1920, 1080, 750, 1333],
  ])('%i x %i', (width, height, tall, wide) => {
    expect(inputSize(FIT, { width, height })).toEqual([tall, wide]);
  });

  test('a photo one pixel high keeps a pixel', () => {
    const [height, width] = inputSize(FIT, { width: 900, height: 1 });
    expect(height).toBe(1);
    expect(width).toBeLessThanOrEqual(1333);
  });

  test('an exact size is every photo’s', () => {
    expect(inputSize(EXACT, { width: 3, height: 900 })).toEqual([640, 640]);
  });
});

describe('readPreprocessing', () => {
  test('both spellings of a shortest edge', () => {
    for (const json of [
      { size: 800, max_size: 1333, do_normalize: false },
      { size: { shortest_edge: 800, longest_edge: 1333 }, do_normalize: false, do_pad: true },
    ])
      expect(readPreprocessing(json, FIT)).toEqual({ ...FIT });
  });

  test('a family of one size refuses a shortest edge by name', () => {
    const json = { size: { shortest_edge: 800, longest_edge: 1333 } };
    expect(() => readPreprocessing(json, EXACT)).toThrow('size: expected height and width');
  });

  test('normalisation is read where it is on', () => {
    const json = { size: { height: 32, width: 64 }, do_normalize: true, image_mean: [1, 2, 3], image_std: [4, 5, 6] };
    expect(readPreprocessing(json, EXACT)).toEqual({
      size: [32, 64],
      rescale: 1 / 255,
      mean: [1, 2, 3],
      std: [4, 5, 6],
    });
  });
});
