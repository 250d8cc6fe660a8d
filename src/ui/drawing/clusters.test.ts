import { describe, expect, it } from 'vitest';
import { clusterMap } from '../../lib/testing/clusters';
import { clusterAt, clusterBorders, clusterColour, clusterPixels, clusterSizes, largestClusters } from './clusters';

describe('clusters over an image', () => {
  const map = clusterMap();
  const alpha = (pixels: Uint8ClampedArray): number[] => Array.from(map.of, (_, cell) => pixels[4 * cell + 3]!);

  it('have the same colour in all of their cells, and neighbours in number another', () => {
    const pixels = clusterPixels(map, null);
    const colours = Array.from(map.of, (_, cell) => pixels.slice(4 * cell, 4 * cell + 3).join());
    map.of.forEach((cluster, cell) => expect(colours[cell]).toBe(clusterColour(cluster).join()));
    const many = Array.from({ length: 60 }, (_, cluster) => clusterColour(cluster).join());
    expect(new Set(many).size).toBe(60);
    expect(many.every((colour) => colour.split(',').every((value) => Number(value) >= 0 && Number(value) <= 255))).toBe(
      true,
    );
  });

  it('fade where one stands out; padding has no colour', () => {
    const [plain, picked] = [alpha(clusterPixels(map, null)), alpha(clusterPixels(map, 0))];
    expect(new Set(plain).size).toBe(1);
    map.of.forEach((cluster, cell) => {
      if (cluster === 0) expect(picked[cell]).toBeGreaterThan(plain[cell]!);
      else expect(picked[cell]).toBeLessThan(plain[cell]!);
    });
    expect(Array.from(clusterPixels({ ...map, of: map.of.map(() => -1) }, null))).toEqual(Array(24).fill(0));
  });

  it('are found at a place of the image, and nowhere beside it', () => {
    expect(clusterAt(map, 0.1, 0.9)).toBe(2);
    expect(clusterAt(map, 0.99, 0)).toBe(1);
    expect(clusterAt(map, 1, 0.5)).toBeNull();
    expect(clusterAt(map, Number.NaN, 0.5)).toBeNull();
  });

  it('have lines where they meet, and only there', () => {
    // 0 0|1
    // -
    // 2|0|1
    const lines = clusterBorders(map);
    const sides = Array.from({ length: lines.length / 4 }, (_, at) => lines.slice(4 * at, 4 * at + 4).join());
    expect(sides.sort()).toEqual(['0,1,1,1', '1,1,1,2', '2,0,2,1', '2,1,2,2']);
  });

  it('are counted by their cells', () => {
    expect(clusterSizes(map)).toEqual([3, 2, 1]);
    expect(largestClusters({ ...map, of: map.of.map((cluster) => 2 - cluster) }, 2)).toEqual([
      { cluster: 2, cells: 3 },
      { cluster: 1, cells: 2 },
    ]);
  });
});
