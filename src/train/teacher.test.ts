import { describe, expect, it } from 'vitest';
import { nearestTokens, sharedColumns } from './teacher';

describe('sharedColumns', () => {
  it('finds classes by name, whatever case and outer spaces', () => {
    expect(sharedColumns(['Cat', 'newt', 'dog '], ['dog', 'bird', 'cat'])).toEqual([2, undefined, 0]);
  });

  it('refuses a teacher that knows none of them', () => {
    expect(() => sharedColumns(['newt'], ['dog'])).toThrow(/knows one of the classes \(newt\), got dog/);
  });
});

describe('nearestTokens', () => {
  it('is the identity on the same grid', () => {
    const shapes = [
      [3, 2],
      [1, 2],
    ] as [number, number][];
    expect(nearestTokens(shapes, shapes)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('takes the place under the middle of each cell', () => {
    expect(nearestTokens([[2, 4]], [[1, 2]])).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
    expect(nearestTokens([[1, 2]], [[2, 4]])).toEqual([5, 7]);
  });
});
