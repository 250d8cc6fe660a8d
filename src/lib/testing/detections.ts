/** Small results for tests. */
import type { ImageDetections, LayerId } from '../types';

export interface LayerSpec {
  layer: LayerId;
  /** cxcywh fractions, one for each query. */
  boxes: number[][];
  /** [query, label, score], best first. */
  found: [number, number, number][];
}

export function detectionsOf(width: number, height: number, layers: LayerSpec[], model = 'm'): ImageDetections {
  return {
    model,
    width,
    height,
    layers: layers.map(({ layer, boxes, found }) => ({
      layer,
      boxes: Float32Array.from(boxes.flat()),
      query: Int32Array.from(found, ([query]) => query),
      label: Int32Array.from(found, ([, label]) => label),
      score: Float32Array.from(found, ([, , score]) => score),
    })),
    ms: { decode: 1, resize: 2, model: 3, post: 4 },
    retries: 0,
  };
}

/** Two queries over select and two layers, on 200 x 100 pixels: query 1 moves right, query 0 stays. */
export function twoQueries(): ImageDetections {
  const still = [0.5, 0.5, 0.5, 0.5];
  return detectionsOf(200, 100, [
    {
      layer: 'select',
      boxes: [still, [0.25, 0.5, 0.25, 0.5]],
      found: [
        [1, 2, 0.75],
        [0, 0, 0.25],
      ],
    },
    {
      layer: 1,
      boxes: [still, [0.375, 0.5, 0.25, 0.5]],
      found: [
        [0, 0, 0.75],
        [1, 2, 0.5],
      ],
    },
    {
      layer: 2,
      boxes: [still, [0.5, 0.5, 0.25, 0.5]],
      found: [
        [0, 0, 0.875],
        [1, 2, 0.625],
      ],
    },
  ]);
}
