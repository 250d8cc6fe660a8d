import { describe, expect, it } from 'vitest';
import { detectionsOf, twoQueries } from '../../lib/testing/detections';
import { classColour, contrast, luminance, PALETTE, textOn } from './colours';
import { hitBox } from './hit';
import { buildScene, type SceneOptions } from './scene';
import { trailShape } from './trail';
import { fitView, toImage, toScreen, zoomed } from './view';

const NAMES = ['cat', 'dog', 'bird'];
const OPTIONS: SceneOptions = {
  names: NAMES,
  threshold: 0.5,
  position: null,
  hidden: [],
  selected: null,
  hovered: null,
  trails: 'one',
  pending: false,
};

describe('colours', () => {
  it('gives a class the same colour every time, and spreads classes over the palette', () => {
    expect(classColour('cat')).toBe(classColour(['c', 'at'].join('')));
    const used = new Set(Array.from({ length: 80 }, (_, i) => classColour(`class ${i}`)));
    expect(used.size).toBe(PALETTE.length);
  });

  it('knows WCAG luminance and contrast', () => {
    expect(luminance('#ffffff')).toBeCloseTo(1, 6);
    expect(luminance('#000000')).toBe(0);
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 6);
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
  });

  it.each(PALETTE)('writes readable text on %s', (colour) => {
    expect(contrast(textOn(colour), colour)).toBeGreaterThanOrEqual(4.5);
  });
});

describe('view', () => {
  it('fits and centres an image with a margin', () => {
    const view = fitView({ width: 200, height: 100 }, { width: 420, height: 500 }, 10);
    expect(view).toEqual({ scale: 2, x: 10, y: 150 });
    expect(toScreen(view, [0, 0, 200, 100])).toEqual([10, 150, 410, 350]);
  });

  it('goes back from the screen to the image under any zoom', () => {
    const view = zoomed(fitView({ width: 300, height: 70 }, { width: 100, height: 100 }), { k: 3, x: -40, y: 12 });
    const [x0, y0] = toScreen(view, [12, 34, 13, 35]);
    const [x, y] = toImage(view, x0, y0);
    expect(x).toBeCloseTo(12, 9);
    expect(y).toBeCloseTo(34, 9);
  });

  it('survives an empty image and an empty viewport', () => {
    const { scale } = fitView({ width: 0, height: 0 }, { width: 0, height: 0 }, 12);
    expect(Number.isFinite(scale)).toBe(true);
  });
});

describe('hitBox', () => {
  const boxes = [{ box: [0, 0, 100, 100] }, { box: [20, 20, 40, 40] }, { box: [70, 0, 71, 100] }] as const;
  it('finds the smallest box around the point', () => {
    expect(hitBox(boxes, 30, 30, 0)).toBe(1);
    expect(hitBox(boxes, 50, 50, 0)).toBe(0);
    expect(hitBox(boxes, 150, 50, 0)).toBe(-1);
  });
  it('reaches thin boxes with slack', () => {
    expect(hitBox(boxes, 68, 50, 0)).toBe(0);
    expect(hitBox(boxes, 68, 50, 3)).toBe(2);
  });
});

describe('trailShape', () => {
  it('goes through the centres and keeps ghosts of all but the last box', () => {
    const { points, ghosts } = trailShape([
      [0, 0, 10, 20],
      [10, 0, 30, 20],
      [20, 10, 40, 30],
    ]);
    expect(points).toEqual([
      [5, 10],
      [20, 10],
      [30, 20],
    ]);
    expect(ghosts.map(({ box }) => box[0])).toEqual([0, 10]);
    expect(ghosts[0]!.alpha).toBeLessThan(ghosts[1]!.alpha);
  });
  it('is empty for no boxes', () => {
    expect(trailShape([])).toEqual({ points: [], ghosts: [] });
  });
});

describe('buildScene', () => {
  it('paints the best box last, with class, score and colour', () => {
    const { boxes } = buildScene(twoQueries(), OPTIONS);
    expect(boxes.map(({ text }) => text)).toEqual(['bird 0.63', 'cat 0.88']);
    expect(boxes[1]).toMatchObject({ query: 0, colour: classColour('cat'), emphasis: 'normal', alpha: 1 });
  });

  it('leaves hidden classes out and names unknown ones by number', () => {
    expect(buildScene(twoQueries(), { ...OPTIONS, hidden: ['cat'] }).boxes).toHaveLength(1);
    expect(buildScene(twoQueries(), { ...OPTIONS, names: ['cat'] }).boxes[0]!.text).toBe('class 2 0.63');
  });

  it('follows the selected and the hovered query and quiets the others', () => {
    const { boxes, trails } = buildScene(twoQueries(), { ...OPTIONS, selected: 1 });
    expect(boxes.map(({ emphasis }) => emphasis)).toEqual(['strong', 'quiet']);
    expect(trails.map(({ query, faint, boxes: path }) => [query, faint, path.length])).toEqual([[1, false, 3]]);
    expect(buildScene(twoQueries(), { ...OPTIONS, hovered: 0 }).boxes.map(({ emphasis }) => emphasis)).toEqual([
      'normal',
      'strong',
    ]);
  });

  it('draws everybody faintly, the followed one last and once', () => {
    const { trails } = buildScene(twoQueries(), { ...OPTIONS, trails: 'all', selected: 0, hovered: 0 });
    expect(trails.map(({ query, faint }) => [query, faint])).toEqual([
      [1, true],
      [0, false],
    ]);
    expect(buildScene(twoQueries(), { ...OPTIONS, trails: 'off', selected: 0 }).trails).toEqual([]);
  });

  it('keeps the trail of a followed query below the threshold, in the colour of its class', () => {
    const { boxes, trails } = buildScene(twoQueries(), { ...OPTIONS, threshold: 0.99, selected: 1 });
    expect(boxes).toEqual([]);
    expect(trails[0]!.colour).toBe(classColour('bird'));
  });

  it('follows what the last layer finds from the start, without a score until it reaches the threshold', () => {
    const start = { ...OPTIONS, position: 0 };
    expect(buildScene(twoQueries(), start).boxes.map(({ text }) => text)).toEqual(['bird 0.75']);
    const { boxes } = buildScene(twoQueries(), { ...start, pending: true });
    expect(boxes.map(({ text }) => text)).toEqual(['cat', 'bird 0.75']);
    expect(boxes[0]!.alpha).toBeGreaterThan(0);
    expect(boxes[0]!.alpha).toBeLessThan(1);
  });

  it('numbers the classes of one query', () => {
    const both = detectionsOf(10, 10, [
      {
        layer: 1,
        boxes: [[0.5, 0.5, 1, 1]],
        found: [
          [0, 0, 0.9],
          [0, 1, 0.6],
        ],
      },
    ]);
    expect(buildScene(both, OPTIONS).boxes.map(({ text, row }) => [text, row])).toEqual([
      ['dog 0.60', 1],
      ['cat 0.90', 0],
    ]);
  });

  it('has no trail where there is one layer', () => {
    const single = detectionsOf(10, 10, [{ layer: 1, boxes: [[0.5, 0.5, 1, 1]], found: [[0, 0, 1]] }]);
    expect(buildScene(single, { ...OPTIONS, trails: 'all' }).trails).toEqual([]);
  });
});
