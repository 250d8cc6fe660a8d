import { describe, expect, it } from 'vitest';
import { comparedAt } from '../../lib/compare-models';
import { twoQueries } from '../../lib/testing/detections';
import { sceneOf } from './scene';

const found = comparedAt('left', twoQueries(), ['cat', 'dog', 'bird'], null, 0.5);
const none: ReadonlySet<string> = new Set();
const emphasis = (...args: Parameters<typeof sceneOf>): Record<string, string> =>
  Object.fromEntries(sceneOf(...args).boxes.map((box) => [box.text, box.emphasis]));

describe('the scene of a side', () => {
  it('has the best box on top and fills what the other side did not find', () => {
    expect(sceneOf(found, none, none).boxes.map(({ text }) => text)).toEqual(['bird 0.63', 'cat 0.88']);
    expect(emphasis(found, none, new Set(['left/1/2']))).toEqual({ 'bird 0.63': 'strong', 'cat 0.88': 'normal' });
  });

  it('lets everything step back behind what is highlighted', () => {
    expect(emphasis(found, new Set(['left/0/0']), new Set(['left/1/2']))).toEqual({
      'bird 0.63': 'quiet',
      'cat 0.88': 'strong',
    });
    expect(emphasis(found, new Set(['right/7/7']), none)).toEqual({ 'bird 0.63': 'quiet', 'cat 0.88': 'quiet' });
  });

  it('draws the frame of a second class of a query when that is what is highlighted', () => {
    const [best] = found;
    const second = { ...best!, key: 'left/0/1', label: 1, name: 'dog', score: 0.5 };
    const rows = (highlighted: ReadonlySet<string>): (string | number)[][] =>
      sceneOf([best!, second], highlighted, none).boxes.map(({ text, row }) => [text, row]);
    expect(rows(none)).toEqual([
      ['dog 0.50', 1],
      ['cat 0.88', 0],
    ]);
    expect(rows(new Set([second.key]))).toEqual([
      ['dog 0.50', 0],
      ['cat 0.88', 1],
    ]);
  });
});
