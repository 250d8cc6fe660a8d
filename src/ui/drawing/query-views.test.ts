import { describe, expect, it } from 'vitest';
import { twoQueries } from '../../lib/testing/detections';
import { deformableViews, denseViews } from '../../lib/testing/query-views';
import { layerColour } from './layer-colours';
import { drawMarks } from './query-draw';
import { heatColour, heatOf, heatPixels } from './query-heat';
import { buildQueryScene, headColour, lookedRegion, pointAt, type QuerySceneOptions } from './query-views';
import { recordingPen } from './testing/recording-pen';

const LAYER_1: QuerySceneOptions = { layer: 1, head: null, colour: 'head', past: false, among: true };
const VIEW = { scale: 2, x: 10, y: 20 };
const STYLE = { line: 2, text: 12, tags: true };

describe('the scene of a query', () => {
  it('has the sampling points of the layer, the heaviest first, coloured by head', () => {
    const { points, heat, cell } = buildQueryScene(deformableViews(), twoQueries(), LAYER_1);
    expect(points.map(({ x, y, weight, head }) => [x, y, weight, head])).toEqual([
      [100, 100, 1, 1],
      [100, 50, 0.75, 0],
      [50, 50, 0.25, 0],
      [400, 50, 0, 1],
    ]);
    expect(points.every(({ colour, head }) => colour === headColour(head))).toBe(true);
    expect([heat, cell]).toEqual([null, null]);
  });

  it('has one head alone, or all layers so far in their colours', () => {
    const one = buildQueryScene(deformableViews(), twoQueries(), { ...LAYER_1, head: 1 });
    expect(one.points.map(({ head }) => head)).toEqual([1, 1]);
    const both = buildQueryScene(deformableViews(), twoQueries(), {
      ...LAYER_1,
      layer: 2,
      colour: 'layer',
      past: true,
    });
    expect(both.points).toHaveLength(8);
    expect(both.points.filter(({ past }) => past).every(({ colour }) => colour === layerColour(1))).toBe(true);
    expect(both.points.filter(({ past }) => !past).every(({ colour }) => colour === layerColour(2))).toBe(true);
  });

  it('links the middle of its box to the queries that it attended to', () => {
    const { links } = buildQueryScene(deformableViews(), twoQueries(), LAYER_1);
    expect(links).toEqual([{ query: 0, from: [75, 50], to: [100, 50], weight: 0.75 }]);
    expect(buildQueryScene(deformableViews(), twoQueries(), { ...LAYER_1, among: false }).links).toEqual([]);
  });

  it('shows at the query selection where the query came from', () => {
    const { heat, cell, points } = buildQueryScene(deformableViews(), twoQueries(), { ...LAYER_1, layer: 'select' });
    expect(cell).toEqual([50, 50, 100, 100]);
    expect(heat!.highest).toBe(0.5);
    expect([...heat!.values]).toEqual([0.5, 0.5, 0, 0, 0.5, 1, 0, 0]);
    expect(points).toEqual([]);
  });

  it('shows dense attention as heat, and a learned anchor where there is one', () => {
    const { heat, anchor, points } = buildQueryScene(denseViews(), twoQueries(), { ...LAYER_1, head: 1 });
    expect([...heat!.values]).toEqual([0, 0, 1, 1]);
    expect([anchor, points]).toEqual([null, []]);
    const placed = { ...denseViews(), origin: { kind: 'learned' as const, anchor: [0.25, 0.5] as const } };
    expect(buildQueryScene(placed, twoQueries(), LAYER_1).anchor).toEqual([50, 50]);
  });

  it('finds the point under a pointer', () => {
    const scene = buildQueryScene(deformableViews(), twoQueries(), LAYER_1);
    expect(pointAt(scene, 52, 51, 5)).toMatchObject({ x: 50, y: 50 });
    expect(pointAt(scene, 60, 60, 5)).toBeUndefined();
  });

  it('knows which part of the image it is about', () => {
    const views = deformableViews();
    for (const layer of views.layers) layer.places = { heads: 1, points: Float32Array.of(0.5, 0.5, 1, 0) };
    // Boxes reach from 0.25 to 0.625 in x and 0.25 to 0.75 in y.
    const [x0, y0, x1, y1] = lookedRegion(views, { width: 200, height: 100 });
    expect([x1 - x0, y1 - y0]).toEqual([130, 65]);
    expect(x0).toBeLessThanOrEqual(50);
    expect(y1).toBeGreaterThanOrEqual(75);
    expect(lookedRegion(denseViews(), { width: 200, height: 100 })).toEqual([0, 0, 200, 100]);
  });
});

describe('heat', () => {
  it('spreads the weight of large cells', () => {
    const levels = [
      [2, 2],
      [1, 1],
    ] as const;
    const heat = heatOf(levels, Float32Array.of(0.25, 0, 0, 0, 1), 'share')!;
    expect([...heat.values]).toEqual([1, 0.5, 0.5, 0.5]);
    expect(heatOf(levels, new Float32Array(5), 'score')).toBeNull();
  });

  it('is nothing at zero, and light and strong at one', () => {
    expect(heatColour(0)[3]).toBe(0);
    expect(heatColour(1)).toEqual([252, 255, 164, 204]);
    expect(heatColour(Number.NaN)).toEqual(heatColour(0));
    const heat = heatOf([[1, 2]], Float32Array.of(0, 3), 'share')!;
    expect([...heatPixels(heat)]).toEqual([...heatColour(0), ...heatColour(1)]);
  });
});

describe('the marks', () => {
  it('are dots whose area is the weight', () => {
    const { pen, calls } = recordingPen();
    const scene = buildQueryScene(deformableViews(), twoQueries(), { ...LAYER_1, head: 0, among: false });
    drawMarks(pen, scene, VIEW, STYLE);
    const [large, small] = calls.filter(({ name }) => name === 'arc').map(({ args }) => args as number[]);
    expect(large!.slice(0, 2)).toEqual([210, 120]);
    expect((large![2]! / small![2]!) ** 2).toBeCloseTo(3, 6);
  });

  it('are a line to each query that it attended to, and the cell that it came from', () => {
    const { pen, calls } = recordingPen();
    drawMarks(pen, buildQueryScene(deformableViews(), twoQueries(), LAYER_1), VIEW, STYLE);
    expect(calls.filter(({ name }) => name === 'lineTo').at(-1)?.args).toEqual([210, 120]);
    const select = recordingPen();
    drawMarks(
      select.pen,
      buildQueryScene(deformableViews(), twoQueries(), { ...LAYER_1, layer: 'select' }),
      VIEW,
      STYLE,
    );
    expect(select.calls.filter(({ name }) => name === 'strokeRect').at(-1)?.args).toEqual([110, 120, 100, 100]);
  });
});
