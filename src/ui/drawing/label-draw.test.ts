import { describe, expect, it } from 'vitest';
import { SCREEN_STYLE, type Pen } from './draw-scene';
import { drawLabels } from './label-draw';
import type { LabelScene } from './label-scene';

interface Call {
  name: string;
  args: unknown[];
  line: number;
  dashed: boolean;
}

/** Writes down every call with the line width and dash that it was made with. */
function recordingPen(): { pen: Pen; calls: Call[] } {
  const calls: Call[] = [];
  let dashed = false;
  const state = { lineWidth: 1, globalAlpha: 1, strokeStyle: '', fillStyle: '', font: '', lineJoin: 'miter' };
  const note =
    (name: string) =>
    (...args: unknown[]): void => {
      if (name === 'setLineDash') dashed = (args[0] as number[]).length > 0;
      calls.push({ name, args, line: state.lineWidth, dashed });
    };
  const names = ['save', 'restore', 'beginPath', 'moveTo', 'lineTo', 'stroke', 'setLineDash', 'strokeRect', 'fillRect'];
  const pen = Object.assign(state, {
    measureText: (text: string) => ({ width: text.length * 7 }),
    ...Object.fromEntries([...names, 'fillText'].map((name) => [name, note(name)])),
  }) as unknown as Pen;
  return { pen, calls };
}

const SCENE: LabelScene = {
  labels: [{ id: 'a', box: [10, 10, 60, 60], colour: '#4477aa', text: 'cat', selected: false, hovered: false }],
  predictions: [{ query: 3, box: [100, 10, 160, 60], colour: '#ee6677', text: 'dog 0.71', selected: false }],
  draft: null,
  guides: null,
};
const paint = (change: Partial<LabelScene>): Call[] => {
  const { pen, calls } = recordingPen();
  const view = { scale: 2, x: 0, y: 0 };
  drawLabels(pen, { ...SCENE, ...change }, view, { width: 400, height: 300 }, SCREEN_STYLE);
  return calls;
};
const rects = (calls: Call[], args: unknown[]): Call[] =>
  calls.filter((call) => call.name === 'strokeRect' && JSON.stringify(call.args) === JSON.stringify(args));

describe('drawLabels', () => {
  it('draws labels solid and predictions dashed and thinner', () => {
    const calls = paint({});
    const [label, prediction] = [rects(calls, [20, 20, 100, 100]), rects(calls, [200, 20, 120, 100])];
    expect(label).toHaveLength(2);
    expect(prediction).toHaveLength(2);
    expect(label.every(({ dashed }) => !dashed)).toBe(true);
    expect(prediction.every(({ dashed }) => dashed)).toBe(true);
    expect(prediction[1]!.line).toBeLessThan(label[1]!.line);
    expect(calls.filter(({ name }) => name === 'fillText').map(({ args }) => args[0])).toEqual(['dog 0.71', 'cat']);
  });

  it('gives the selected label eight handles', () => {
    const handles = (calls: Call[]): Call[] =>
      calls.filter(({ name, args }) => name === 'fillRect' && args[2] === 8 && args[3] === 8);
    expect(handles(paint({}))).toHaveLength(0);
    expect(handles(paint({ labels: [{ ...SCENE.labels[0]!, selected: true }] }))).toHaveLength(8);
  });

  it('shows the box of a drag with its size in place of the label that it changes', () => {
    const calls = paint({ draft: { id: 'a', box: [10, 10, 80, 45], colour: '#4477aa' }, guides: [5, 5] });
    expect(rects(calls, [20, 20, 100, 100])).toHaveLength(0);
    expect(rects(calls, [20, 20, 140, 70])).toHaveLength(2);
    expect(calls.filter(({ name }) => name === 'fillText').map(({ args }) => args[0])).toContain('70 × 35');
    expect(calls.filter(({ name }) => name === 'lineTo')).toHaveLength(0);
  });

  it('draws guides over the whole viewport', () => {
    const ends = paint({ guides: [30, 40] }).filter(({ name }) => name === 'lineTo');
    expect(ends.map(({ args }) => args)).toEqual(
      expect.arrayContaining([
        [400, 80],
        [60, 300],
      ]),
    );
  });
});
