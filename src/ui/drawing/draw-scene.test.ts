import { describe, expect, it } from 'vitest';
import { drawScene, SCREEN_STYLE } from './draw-scene';
import type { Scene, SceneBox } from './scene';
import { recordingPen } from './testing/recording-pen';

const box = (change: Partial<SceneBox>): SceneBox => ({
  query: 0,
  box: [10, 50, 60, 90],
  colour: '#4477aa',
  text: 'cat 0.88',
  alpha: 1,
  emphasis: 'normal',
  row: 0,
  ...change,
});
const VIEW = { scale: 2, x: 100, y: 0 };
const VIEWPORT = { width: 400, height: 300 };
const paint = (scene: Scene, tags = true): ReturnType<typeof recordingPen>['calls'] => {
  const { pen, calls } = recordingPen();
  drawScene(pen, scene, VIEW, VIEWPORT, { ...SCREEN_STYLE, tags });
  return calls;
};

describe('drawScene', () => {
  it('strokes each box at its place on the screen, halo first, and restores the pen', () => {
    const calls = paint({ boxes: [box({})], trails: [] }, false);
    const rects = calls.filter(({ name }) => name === 'strokeRect');
    expect(rects.map(({ args }) => args)).toEqual([
      [120, 100, 100, 80],
      [120, 100, 100, 80],
    ]);
    expect(rects[0]!.line).toBeGreaterThan(rects[1]!.line);
    expect(calls.at(0)!.name).toBe('save');
    expect(calls.at(-1)!.name).toBe('restore');
    expect(calls.some(({ name }) => name === 'fillText')).toBe(false);
  });

  it('sets strong boxes off by width and tint, quiet ones by alpha', () => {
    const strong = paint({ boxes: [box({ emphasis: 'strong' })], trails: [] }, false);
    const quiet = paint({ boxes: [box({ emphasis: 'quiet' })], trails: [] }, false);
    expect(strong.filter(({ name }) => name === 'fillRect')).toHaveLength(1);
    expect(strong.find(({ name }) => name === 'strokeRect')!.line).toBeGreaterThan(
      quiet.find(({ name }) => name === 'strokeRect')!.line,
    );
    expect(quiet.find(({ name }) => name === 'strokeRect')!.alpha).toBeLessThan(0.5);
  });

  it('puts the tag above the box, inside where there is no room, and never off the viewport', () => {
    const place = (pixels: [number, number, number, number]): number[] =>
      paint({ boxes: [box({ box: pixels })], trails: [] }).find(({ name }) => name === 'fillRect')!.args as number[];
    const [, above, , height] = place([10, 50, 60, 90]);
    expect(above! + height!).toBeLessThanOrEqual(100);
    const [, inside] = place([10, 2, 60, 90]);
    expect(inside).toBeGreaterThanOrEqual(4);
    const [left, , width] = place([140, 50, 149, 90]);
    expect(left! + width!).toBeLessThanOrEqual(VIEWPORT.width);
    expect(place([-90, 50, 60, 90])[0]).toBe(0);
  });

  it('puts the tag of a second class of the same query under the first, around one box', () => {
    const calls = paint({ boxes: [box({ row: 1, text: 'dog 0.42' }), box({})], trails: [] });
    expect(calls.filter(({ name }) => name === 'strokeRect')).toHaveLength(2);
    const [second, first] = calls.filter(({ name }) => name === 'fillRect').map(({ args }) => args as number[]);
    expect(second![1]! - first![1]!).toBe(first![3]!);
  });

  it('leaves the tag off very narrow boxes unless they are followed', () => {
    const narrow: [number, number, number, number] = [10, 50, 14, 90];
    const texts = (emphasis: SceneBox['emphasis']): number =>
      paint({ boxes: [box({ box: narrow, emphasis })], trails: [] }).filter(({ name }) => name === 'fillText').length;
    expect(texts('normal')).toBe(0);
    expect(texts('strong')).toBe(1);
  });

  it('draws a trail as ghosts, a path through the centres and a dot per layer; a faint one without ghosts', () => {
    const boxes: [number, number, number, number][] = [
      [0, 0, 10, 10],
      [10, 0, 20, 10],
      [20, 0, 30, 10],
    ];
    const full = paint({ boxes: [], trails: [{ query: 0, boxes, colour: '#4477aa', faint: false }] });
    const count = (calls: typeof full, name: string): number => calls.filter((call) => call.name === name).length;
    expect(count(full, 'strokeRect')).toBe(2);
    expect(count(full, 'arc')).toBe(3);
    expect(full.filter(({ name }) => name === 'lineTo').map(({ args }) => args)[1]).toEqual([150, 10]);
    expect(full.filter(({ name }) => name === 'setLineDash').at(-1)!.args).toEqual([[]]);
    const faint = paint({ boxes: [], trails: [{ query: 0, boxes, colour: '#4477aa', faint: true }] });
    expect(count(faint, 'strokeRect')).toBe(0);
    expect(count(faint, 'arc')).toBe(1);
  });
});
