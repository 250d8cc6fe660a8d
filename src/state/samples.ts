/** The photos that come with the page and the detections that were stored with them. */
import type { ImageDetections, LayerId } from '../lib/types';

export const SAMPLES = ['astronaut', 'cat', 'coffee', 'rocket', 'raccoon'] as const;
export type SampleName = (typeof SAMPLES)[number];

export const isSample = (name: string | undefined): name is SampleName => SAMPLES.some((sample) => sample === name);
export const sampleFile = (name: SampleName): string => `${name}.jpg`;

/** One entry of public/samples/detections.json, which `npm run samples` writes from the real model. */
export interface StoredDetections {
  model: string;
  width: number;
  height: number;
  /** Class names of that model. */
  classes?: string[];
  /** boxes: cxcywh as fractions of the image, one for each query; the lists are sorted, best first. */
  layers: { layer: LayerId; boxes: number[][]; query: number[]; label: number[]; score: number[] }[];
}

export function unpackStored(stored: StoredDetections): ImageDetections {
  return {
    model: stored.model,
    width: stored.width,
    height: stored.height,
    layers: stored.layers.map((layer) => ({
      layer: layer.layer,
      boxes: Float32Array.from(layer.boxes.flat()),
      query: Int32Array.from(layer.query),
      label: Int32Array.from(layer.label),
      score: Float32Array.from(layer.score),
    })),
    ms: { decode: 0, resize: 0, model: 0, post: 0 },
    retries: 0,
  };
}
