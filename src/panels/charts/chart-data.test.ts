import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunSeries } from '../../lib/charts';
import { evaluationRecord, stepRecord } from '../../lib/testing/run-events';
import { layerColour } from '../../ui/drawing/layer-colours';
import { extentOf, layersDrawn, linesOf, tableOf } from './chart-data';
import { ChartGroup } from './chart-group';
import { formatFigure } from './format-figure';

function series(steps: number): RunSeries {
  const made = new RunSeries();
  made.addEvaluation(evaluationRecord(0));
  for (let step = 1; step <= steps; step++) made.addStep(stepRecord(step));
  return made;
}

describe('what a chart draws', () => {
  it('is a line per layer, or one of the whole step', () => {
    const made = series(2);
    expect(linesOf(made, 'reward', false).map(({ layer }) => layer)).toEqual([1, 2, 3]);
    expect(linesOf(made, 'AP', true).map(({ layer, dashed }) => [layer, dashed])).toEqual([
      ['select', true],
      [1, true],
      [2, true],
      [3, true],
    ]);
    expect(linesOf(made, 'loss', false)).toMatchObject([{ layer: null }]);
    expect(new Set(linesOf(made, 'AP', false).map(({ colour }) => colour)).size).toBe(4);
    expect(linesOf(made, 'iou', false)[2]!.colour).toBe(layerColour(3));
  });

  it('has every layer in its legend, those of a run without held-out images too', () => {
    expect(layersDrawn(series(2))).toEqual(['select', 1, 2, 3]);
    const unmeasured = new RunSeries();
    unmeasured.addStep(stepRecord(1));
    expect(layersDrawn(unmeasured)).toEqual([1, 2, 3]);
  });

  it('are the columns themselves on the steps', () => {
    const made = series(2);
    const [steps, first] = tableOf(made, 'reward');
    expect(steps).toBe(made.steps);
    expect(first).toBe(made.column('reward', 0));
    expect(tableOf(made, 'AP')).toHaveLength(5);
    expect(tableOf(made, 'AP')[0]).toEqual([0]);
  });

  it('reaches to the last step of either run', () => {
    expect(extentOf(series(2), series(5))).toEqual([0, 5]);
    expect(extentOf(undefined, undefined)).toEqual([0, 1]);
  });
});

describe('charts that are drawn together', () => {
  const frames: (() => void)[] = [];
  beforeEach(() => {
    frames.length = 0;
    vi.stubGlobal('requestAnimationFrame', (act: () => void) => frames.push(act));
    vi.stubGlobal('cancelAnimationFrame', () => undefined);
  });
  afterEach(() => vi.unstubAllGlobals());

  it('are drawn once a frame', () => {
    const group = new ChartGroup('g', () => [0, 9]);
    const draw = vi.fn(() => true);
    group.add({ draw });
    group.redrawAll();
    group.redrawAll();
    expect(frames).toHaveLength(1);
    frames.shift()!();
    expect(draw).toHaveBeenCalledOnce();
    expect(frames).toHaveLength(0);
  });

  it('share a zoom', () => {
    const group = new ChartGroup('g', () => [0, 9]);
    group.zoom([2, 4]);
    expect(group.range).toEqual([2, 4]);
    group.zoom(null);
    expect(group.range).toEqual([0, 9]);
  });

  it('wait a little for more numbers', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const group = new ChartGroup('g', () => [0, 9]);
    const draw = vi.fn(() => true);
    group.add({ draw });
    frames.shift()!();
    for (let step = 0; step < 9; step++) group.grew();
    expect(frames).toHaveLength(0);
    vi.advanceTimersByTime(1000);
    expect(frames).toHaveLength(1);
    frames.shift()!();
    expect(draw).toHaveBeenCalledTimes(2);
    vi.useRealTimers();
  });

  it('are drawn three in a frame, those off the screen not counted', () => {
    const group = new ChartGroup('g', () => [0, 9]);
    const order: number[] = [];
    for (let chart = 0; chart < 8; chart++) group.add({ draw: () => order.push(chart) > 0 && chart % 2 === 0 });
    frames.shift()!();
    expect(order).toEqual([0, 1, 2, 3, 4]);
    frames.shift()!();
    expect(order).toHaveLength(8);
  });

  it('leave what a frame has no time for to the next one', () => {
    const group = new ChartGroup('g', () => [0, 9]);
    const order: string[] = [];
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    for (const name of ['a', 'b', 'c'])
      group.add({
        draw: () => {
          order.push(name);
          now += 5;
          return true;
        },
      });
    frames.shift()!();
    expect(order).toEqual(['a', 'b']);
    frames.shift()!();
    expect(order).toEqual(['a', 'b', 'c']);
    vi.restoreAllMocks();
  });
});

it('numbers are read with their unit', () => {
  expect(formatFigure(null, 'plain')).toBe('–');
  expect(formatFigure(0.51234, 'plain')).toBe('0.512');
  expect(formatFigure(-12.345, 'plain')).toBe('-12.3');
  expect(formatFigure(0.00012, 'plain')).toBe('1.2e-4');
  expect(formatFigure(0.25, 'share')).toBe('25\u202f%');
  expect(formatFigure(1e-4, 'scientific')).toBe('1.0e-4');
  expect(formatFigure(3e8, 'bytes')).toBe('300\u202fMB');
});
