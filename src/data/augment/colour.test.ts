import { expect, test } from 'vitest';
import { seededRandom } from '../../lib/random';
import { colourMatrix, drawColour, recolour, type ColourChange } from './colour';

const PLAIN: ColourChange = { brightness: 1, contrast: 1, saturation: 1, hue: 0 };
const pixel = (rgb: readonly number[], change: Partial<ColourChange>): number[] => {
  const pixels = Uint8ClampedArray.from([...rgb, 77]);
  recolour(pixels, { ...PLAIN, ...change });
  return [...pixels];
};

test('nothing changes nothing', () => {
  const expected = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];
  colourMatrix(PLAIN).forEach((value, at) => expect(Math.abs(value - expected[at]!)).toBeLessThanOrEqual(1e-12));
  expect(pixel([10, 200, 30], {})).toEqual([10, 200, 30, 77]);
});

// From the matrices of the specification by hand; augment.parity.ts holds the composition against the browser's filters.
test.each<[Partial<ColourChange>, number[]]>([
  [{ brightness: 0.5 }, [100, 50, 10]],
  [{ contrast: 0.5 }, [164, 114, 74]],
  [{ saturation: 0 }, [116, 116, 116]],
  [{ hue: 180 }, [31, 131, 211]],
  [{ brightness: 2 }, [255, 200, 40]],
])('%o of (200, 100, 20)', (change, expected) => {
  pixel([200, 100, 20], change).forEach((level, at) =>
    expect(Math.abs(level - [...expected, 77][at]!)).toBeLessThanOrEqual(1),
  );
});

test('grey stays grey under saturation and hue', () => {
  expect(pixel([90, 90, 90], { saturation: 1.5, hue: 18 })).toEqual([90, 90, 90, 77]);
});

test('draws within its ranges', () => {
  for (let seed = 0; seed < 200; seed++) {
    const { brightness, contrast, saturation, hue } = drawColour(seededRandom(seed));
    expect(brightness >= 0.875 && brightness < 1.125).toBe(true);
    expect([contrast, saturation].every((factor) => factor >= 0.5 && factor < 1.5)).toBe(true);
    expect(hue >= -18 && hue < 18).toBe(true);
  }
});
