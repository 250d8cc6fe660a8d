/**
 * What a run of fine-tuning is given, what it records and what it leaves: plain data that worker, store, panels and programs
 * share. The definition of every figure is ../shared/design/rl.md, kept in docs/learning.md.
 *
 * G rollouts of an image, K decoder layers, T labels, n drawn predictions.
 */
import type { AppError } from './errors';
import type { TrainSettings } from './train-settings';
import type { ImageDetections, LayerEvaluation, ModelEntry } from './types';

/** 'train' teaches, 'val' is held out and only measured, 'none' is left aside. */
export type SplitName = 'train' | 'val' | 'none';

/** Boxes of one image in a form that crosses to the worker. */
export interface ImageLabels {
  /** [T] into `TrainingData.classes`. */
  classes: number[];
  /** [T,4] packed, cxcywh as fractions of the upright image. */
  boxes: Float32Array;
}

export interface TrainingImage {
  /** Stable over reloads: the image's id in the session, or its path in a data set. */
  id: string;
  name: string;
  file: Blob;
  split: 'train' | 'val';
  /** Null: nobody has labelled it; only distillation uses it. An empty list says that nothing is there. */
  labels: ImageLabels | null;
}

export interface TrainingData {
  classes: string[];
  images: TrainingImage[];
}

/** Where the weights that a run starts from come from. */
export type RunModel =
  | { kind: 'current' }
  | { kind: 'embedded'; id: string }
  | { kind: 'cached'; id: string }
  | { kind: 'run'; id: string; weights: RunWeights }
  /** StepDETR over 16x16 patches from random weights; only distillation brings it up. */
  | { kind: 'random-patches' };

export interface RunRequest {
  /** Unique; the run is kept under it. */
  id: string;
  /** For people. */
  name: string;
  settings: TrainSettings;
  data: TrainingData;
  model: RunModel;
  /** Distillation: who teaches. */
  teacher?: RunModel;
}

/** The four parts of a reward, and the reward. */
export interface RewardParts {
  iou: number;
  accuracy: number;
  overlap: number;
  extra: number;
  reward: number;
}

/** One decoder layer in one step. Null where the method has no such figure (a supervised run has no advantage). */
export interface LayerRecord extends RewardParts {
  /** 1..K */
  layer: number;
  /** Mean return of the layer. */
  return: number;
  advantageMean: number | null;
  advantageStd: number | null;
  /** Mean of pi / pi_old. */
  ratio: number | null;
  /** Share of ratios outside 1 - clip .. 1 + clip. */
  clipShare: number | null;
  /** KL to the labels: the set loss of the path without noise. */
  klGt: number;
  /** KL to the model before the run. */
  klRef: number | null;
  /** Mean log_std. */
  entropy: number | null;
  classLoss: number;
  boxLoss: number;
}

export interface StepRecord {
  /** 1, 2, … */
  step: number;
  loss: number;
  policyLoss: number | null;
  /** Of distillation; null for the other methods. */
  distilLoss: number | null;
  /** L2 over everything that is trained, before clipping. */
  gradientNorm: number;
  learningRate: number;
  /** Whole step, milliseconds. */
  ms: number;
  /** Bytes of GPU buffers after the step (of tensors, without WebGPU). */
  bytes: number;
  tensors: number;
  /** False: loss or gradient were not finite, so the step was not applied. */
  applied: boolean;
  layers: LayerRecord[];
}

/** Held-out accuracy at a step; step 0 is before the run. */
export interface EvaluationRecord {
  step: number;
  /** select, 1, …, K. Class names are those of the data. */
  layers: LayerEvaluation[];
  ms: number;
}

/** A prediction that is drawn: it is confident, or it stands for a label. */
export interface EpisodePrediction {
  query: number;
  /** Class column. */
  label: number;
  score: number;
  /** cxcywh as fractions of the picture. */
  box: [number, number, number, number];
  /** The label it is matched with, and their IoU. */
  matched: { label: number; iou: number } | null;
}

export interface EpisodeOutcome extends RewardParts {
  return: number;
  /** Of the rollout; with credit 'query' the mean over its queries. Null without a policy. */
  advantage: number | null;
  predictions: EpisodePrediction[];
}

/** One image of one step as the learner saw it (augmented), for the episode view. */
export interface EpisodeSnapshot {
  step: number;
  image: { id: string; name: string };
  /** The augmented view, a small JPEG. */
  picture: Blob;
  labels: ImageLabels;
  layers: {
    /** 1..K */
    layer: number;
    /** The path without noise. */
    mean: EpisodeOutcome;
    /** G rollouts; empty in a supervised run. */
    rollouts: EpisodeOutcome[];
  }[];
}

/** Guards that spoke (../shared/design/rl.md, Guards). */
export type RunWarning =
  /** A step was not finite and was left out; `row` such steps in a row. */
  | { kind: 'not-finite'; step: number; row: number }
  /** Reward rose while held-out AP fell, three evaluations in a row. */
  | { kind: 'gamed'; step: number; rewards: number[]; aps: number[] };

export type RunState = 'preparing' | 'running' | 'paused' | 'stopped' | 'done' | 'failed';

/** What is known about a run without its log. */
export interface RunInfo {
  id: string;
  name: string;
  state: RunState;
  settings: TrainSettings;
  /** The checkpoint it started from. */
  model: { id: string; name: string; family: string };
  classes: string[];
  /** Numbers of images. */
  images: { train: number; val: number; unlabelled: number };
  adapter: string;
  /** ISO 8601. */
  startedAt: string;
  /** Steps done. */
  step: number;
  /** Share of the training images' labels that the model found before the run, where its settings ask for it. */
  found?: number;
  /** Numbers that are trained, by parameter group. */
  trained: Record<string, number>;
  /** Highest held-out AP of the last layer and its step. */
  best: { step: number; AP: number } | null;
  /** Seconds of training so far, evaluations left out. */
  seconds: number;
  peakBytes: number;
  error?: AppError;
}

export interface RunLog {
  steps: StepRecord[];
  evaluations: EvaluationRecord[];
  warnings: RunWarning[];
}

/** Held-out images as the model of that step sees them, by image id. */
export interface HeldOutDetections {
  step: number;
  images: Record<string, ImageDetections>;
}

/** The latest pictures of a kept run. */
export interface RunShown {
  /** Held-out images before the run, and as measured last. */
  before: HeldOutDetections | null;
  now: HeldOutDetections | null;
  episode: EpisodeSnapshot | null;
  /** Held-out images by id, with the labels that they had when the run started. */
  labels: Record<string, { name: string; labels: ImageLabels }>;
}

export type RunEvent =
  /** Any change of state, also the first news of a run. */
  | { type: 'run'; run: RunInfo }
  /** Views are made and encoded, or images measured. */
  | { type: 'progress'; id: string; stage: 'views' | 'evaluate'; done: number; total: number }
  | { type: 'step'; id: string; record: StepRecord }
  | { type: 'evaluation'; id: string; record: EvaluationRecord }
  | { type: 'held-out'; id: string; detections: HeldOutDetections }
  | { type: 'episode'; id: string; snapshot: EpisodeSnapshot }
  | { type: 'warning'; id: string; warning: RunWarning }
  /** Weights and optimiser were written: a crash from here on goes back to this step. */
  | { type: 'saved'; id: string; step: number };

/** Which weights of a run. */
export type RunWeights = 'best' | 'last';

/** A checkpoint's files for saving, in the hub's layout. */
export interface CheckpointFiles {
  /** Folder name. */
  name: string;
  source: ModelEntry['source'];
  files: { name: string; bytes: Uint8Array<ArrayBuffer> }[];
}
