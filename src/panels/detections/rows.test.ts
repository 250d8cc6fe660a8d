import { describe, expect, it } from 'vitest';
import { twoQueries } from '../../lib/testing/detections';
import { countClasses, rowsOf, sameRow } from './rows';

describe('the table', () => {
  it('has a row per detection of the layer, best first', () => {
    const rows = rowsOf(twoQueries(), ['cat', 'dog'], 1, 0.5);
    expect(rows.map(({ key, name, score }) => [key, name, score])).toEqual([
      ['0/0', 'cat', 0.75],
      ['1/2', 'class 2', 0.5],
    ]);
    expect(rows[1]!.box).toEqual([50, 25, 100, 75]);
  });

  it('knows a row that says the same again', () => {
    const [[a], [b], [c]] = [1, 1, 2].map((layer) => rowsOf(twoQueries(), ['cat'], layer, 0.5)) as [
      ReturnType<typeof rowsOf>,
      ReturnType<typeof rowsOf>,
      ReturnType<typeof rowsOf>,
    ];
    expect(sameRow(a!, b!)).toBe(true);
    expect(sameRow(a!, c!)).toBe(false);
  });

  it('counts classes, most often first, then by name', () => {
    const named = (name: string): ReturnType<typeof rowsOf>[number] => ({
      key: name,
      query: 0,
      name,
      score: 1,
      box: [0, 0, 1, 1],
    });
    expect(countClasses(['dog', 'cat', 'bird', 'cat'].map(named))).toEqual([
      { name: 'cat', count: 2 },
      { name: 'bird', count: 1 },
      { name: 'dog', count: 1 },
    ]);
  });
});
