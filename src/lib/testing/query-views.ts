/** Small views of queries for tests. */
import type { QueryLayerViews, QueryViews } from '../query-views';

const layerOf = (layer: number, more: Partial<QueryLayerViews>): QueryLayerViews => ({
  layer,
  box: [0.5, 0.5, 0.25, 0.5],
  label: 2,
  score: 0.625,
  norms: { content: 2, cosine: 0.5 },
  ...more,
});

/** Query 1 of `twoQueries` in a model with deformable attention: two heads of two points. */
export function deformableViews(model = 'm'): QueryViews {
  const places = {
    heads: 2,
    points: Float32Array.of(0.5, 0.5, 0.75, 0, 0.25, 0.5, 0.25, 0, 0.5, 1, 1, 1, 2, 0.5, 0, 1),
  };
  const self = Float32Array.of(0.75, 0.25);
  return {
    model,
    query: 1,
    levels: [
      [2, 4],
      [1, 2],
    ],
    origin: { kind: 'selected', token: 5 },
    selection: Float32Array.of(0, 0, 0, 0, 0, 0.5, 0, 0, 0.25, 0),
    layers: [layerOf(1, { places, self, box: [0.375, 0.5, 0.25, 0.5] }), layerOf(2, { places, self })],
  };
}

/** The same query in a model with dense attention and learned queries. */
export function denseViews(model = 'm'): QueryViews {
  const cross = { heads: 2, weights: Float32Array.of(1, 0, 0, 0, 0, 0, 0.5, 0.5) };
  return {
    model,
    query: 1,
    levels: [[2, 2]],
    origin: { kind: 'learned' },
    layers: [layerOf(1, { cross }), layerOf(2, { cross })],
  };
}
