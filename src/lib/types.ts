/**
 * Plain data that compute, worker, store and panels share. Nothing here holds a tensor.
 *
 * Q queries, K detections, L decoder layers.
 */
import type { ImageClustering } from './clusters';
import type { AppError } from './errors';

export type ModelFamily = 'stepdetr' | 'deimv2' | 'detr' | 'deformable_detr' | 'rt_detr' | 'rt_detr_v2' | 'd_fine';

/** A checkpoint that can be loaded without the network. */
export interface ModelEntry {
  id: string;
  name: string;
  /** 'run': made by fine-tuning in this browser. */
  source: 'embedded' | 'hub' | 'files' | 'run';
  bytes: number;
  /** sha256 of the weights file, hex; absent for embedded ones. */
  sha256?: string;
  licence?: string;
}

export interface ModelInfo {
  id: string;
  name: string;
  family: ModelFamily;
  source: ModelEntry['source'];
  classes: string[];
  /** Decoder layers L. */
  layers: number;
  queries: number;
  parameters: number;
  /** [height, width] of the input tensor. */
  inputSize: [number, number];
  /** The encoder has dense attention, which clusters can stand in for. */
  denseEncoder?: true;
}

export interface Progress {
  stage: 'download' | 'read' | 'upload' | 'compile' | 'decode' | 'detect' | 'evaluate';
  /** Done and total in `unit`; total 0 when it is not known. */
  done: number;
  total: number;
  unit: 'bytes' | 'images' | 'steps';
  /** The file or image that is being worked on. */
  subject?: string;
}

/** 'select' is the query selection before the first decoder layer. */
export type LayerId = 'select' | number;

/** What one layer says of one image. */
export interface LayerResult {
  layer: LayerId;
  /** [Q,4] packed, cxcywh as fractions of the image. */
  boxes: Float32Array;
  /** The K best (query, class) pairs, best first; scores 0..1. */
  query: Int32Array;
  label: Int32Array;
  score: Float32Array;
}

export interface StageTimes {
  decode: number;
  resize: number;
  model: number;
  post: number;
}

export interface ImageDetections {
  model: string;
  /** Size of the upright image in pixels. */
  width: number;
  height: number;
  /** select, 1, …, L. */
  layers: LayerResult[];
  /** Milliseconds. */
  ms: StageTimes;
  /** Jobs survive a lost device: how often this one was started again. */
  retries: number;
  /** Absent where the encoder was exact. */
  clusters?: ImageClustering;
}

/** The twelve COCO numbers; -1 where there is nothing to measure. */
export interface CocoNumbers {
  AP: number;
  AP50: number;
  AP75: number;
  APs: number;
  APm: number;
  APl: number;
  AR1: number;
  AR10: number;
  AR100: number;
  ARs: number;
  ARm: number;
  ARl: number;
}

export interface LayerEvaluation extends CocoNumbers {
  layer: LayerId;
  perClassAP: Record<string, number>;
}

export interface EvaluationResult {
  model: string;
  adapter: string;
  images: number;
  /** Mean milliseconds of an image by stage. */
  ms: StageTimes;
  layers: LayerEvaluation[];
  /** Images that could not be read; they are left out of the measure. */
  failures: AppError[];
}
