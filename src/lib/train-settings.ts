/**
 * Settings of a run: the RL note's numbers (rl-settings.ts) and those of the optimiser, the views and the measuring. One typed
 * frozen object, a sentence for every field; a preset is a difference from the defaults.
 */
import { CLUSTER_DEFAULTS, MOST_ROUNDS, type ClusterSettings } from './clusters';
import {
  RL_DEFAULTS,
  RL_FIELDS,
  RL_METHODS,
  rlProblems,
  type ChoiceField,
  type NumberField,
  type RlMethod,
  type RlSettings,
} from './rl-settings';

export type TrainMethod = RlMethod | 'distil';
export const TRAIN_METHODS: readonly TrainMethod[] = ['supervised', 'reinforce', 'ppo', 'grpo', 'distil'];

export interface TrainSettings extends RlSettings {
  readonly method: TrainMethod;
  readonly seed: number;
  readonly steps: number;
  /** Images of a step. */
  readonly batch: number;
  readonly learningRate: number;
  /** The class heads learn this much faster: rows of new classes start from nothing. */
  readonly classRate: number;
  readonly warmup: number;
  readonly finalRate: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
  /** 0: no average; the last weights count. */
  readonly emaDecay: number;
  readonly encoder: 'frozen' | 'trained';
  /** Rounds of the hash that clusters the encoder's tokens (ACT, arXiv 2011.09315); 0: exact attention. */
  readonly clusters: number;
  /** Bucket width r of that hash. */
  readonly clusterWidth: number;
  /** Augmented views that are made and encoded of each image. */
  readonly views: number;
  readonly flip: number;
  readonly crop: number;
  readonly zoomOut: number;
  readonly colour: number;
  readonly mosaic: number;
  /** Noisy copies of every label that the decoder learns to put right (RT-DETR); 0 for none. */
  readonly denoising: number;
  /** Weight of the query selection's own set loss. */
  readonly selection: number;
  /** Over the chosen queries, or over every token of the memory. */
  readonly selectionLoss: 'chosen' | 'dense';
  readonly newClasses: 'zero' | 'nearest';
  readonly evaluateEvery: number;
  readonly saveEvery: number;
  /** Distillation: weights of the teacher's class scores, boxes and dense scores. */
  readonly distilClass: number;
  readonly distilBox: number;
  readonly distilDense: number;
  /** And of what its decoder reads, for a student with the same cells whose encoder learns. */
  readonly distilMemory: number;
}

export const TRAIN_DEFAULTS: TrainSettings = Object.freeze({
  ...RL_DEFAULTS,
  method: 'grpo',
  seed: 1,
  steps: 100,
  batch: 4,
  learningRate: 3e-4,
  classRate: 20,
  warmup: 10,
  finalRate: 0,
  weightDecay: 1e-4,
  clipNorm: 0.1,
  emaDecay: 0,
  encoder: 'frozen',
  clusters: 0,
  clusterWidth: CLUSTER_DEFAULTS.width,
  views: 8,
  flip: 0.5,
  crop: 0.5,
  zoomOut: 0.25,
  colour: 0.5,
  mosaic: 0,
  denoising: 0,
  selection: 1,
  selectionLoss: 'dense',
  newClasses: 'nearest',
  evaluateEvery: 25,
  saveEvery: 10,
  distilClass: 1,
  distilBox: 1,
  distilDense: 1,
  distilMemory: 0,
});

const METHODS: Readonly<Record<TrainMethod, Readonly<Partial<TrainSettings>>>> = Object.freeze({
  ...RL_METHODS,
  distil: { policy: 'none', betaRef: 0, betaGt: 0 },
});

/** Defaults, then the method's differences, then the person's. */
export function trainSettings(method: TrainMethod, changed: Partial<TrainSettings> = {}): TrainSettings {
  return Object.freeze({ ...TRAIN_DEFAULTS, ...METHODS[method], ...changed, method });
}

const number = (min: number, max: number, sentence: string): NumberField => ({ kind: 'number', min, max, sentence });
const whole = (min: number, max: number, sentence: string): NumberField => ({
  ...number(min, max, sentence),
  whole: true,
});
const choice = (choices: readonly string[], sentence: string): ChoiceField => ({ kind: 'choice', choices, sentence });

/** One sentence and the range of every field, in the order in which they are shown. */
export const TRAIN_FIELDS: Readonly<Record<keyof TrainSettings, NumberField | ChoiceField>> = Object.freeze({
  method: choice(TRAIN_METHODS, 'What the model learns from: labels alone, labels and rewards, or another model.'),
  steps: whole(1, 100_000, 'Steps of the optimiser.'),
  batch: whole(1, 64, 'Images of a step.'),
  seed: whole(0, 2 ** 31 - 1, 'Views, order and noise follow from it: the same seed gives the same first step.'),
  learningRate: number(0, 1, 'How far a step moves the weights at most.'),
  classRate: number(0, 1000, 'The class heads learn this many times faster: rows of new classes start from nothing.'),
  warmup: whole(0, 100_000, 'The learning rate grows from 0 over this many steps.'),
  finalRate: number(0, 1, 'The learning rate falls along a cosine to this part of itself.'),
  weightDecay: number(0, 1, 'Pulls weights, not biases or norms, towards zero (decoupled, AdamW).'),
  clipNorm: number(0, 1000, 'Longer gradients are shortened to this length; 0 leaves them as they are.'),
  emaDecay: number(0, 0.99999, 'Measured and kept is a moving average of the weights with this memory; 0 for none.'),
  encoder: choice(
    ['frozen', 'trained'],
    'Frozen, the encoder sees each view once and its memory is kept; trained, it learns too and steps take longer.',
  ),
  clusters: whole(
    0,
    MOST_ROUNDS,
    'Rounds of the hash that clusters the encoder’s tokens (ACT): the model learns with, and is measured with, clustered attention; 0 for exact attention.',
  ),
  clusterWidth: number(0.001, 1000, 'Bucket width of that hash: wider buckets make fewer clusters.'),
  views: whole(1, 64, 'Augmented views of each image; with a frozen encoder they are encoded once.'),
  flip: number(0, 1, 'Share of views that are mirrored.'),
  crop: number(0, 1, 'Share of views that show a part of the image.'),
  zoomOut: number(0, 1, 'Share of views with the image made smaller on a plain ground.'),
  colour: number(0, 1, 'Share of views with changed brightness, contrast, saturation and hue.'),
  mosaic: number(0, 1, 'Share of views that put four images together.'),
  denoising: whole(0, 20, 'Noisy copies of every label that the decoder learns to put right (RT-DETR); 0 for none.'),
  selection: number(0, 100, 'Weight of the query selection’s own set loss.'),
  selectionLoss: choice(
    ['chosen', 'dense'],
    'The query selection learns from the queries it chose (RT-DETR), or from every place of the image (Deformable DETR).',
  ),
  newClasses: choice(
    ['zero', 'nearest'],
    'A new class starts from nothing, or from the class of the model that answers its labels best.',
  ),
  evaluateEvery: whole(1, 100_000, 'Steps between two measurements on the held-out images.'),
  saveEvery: whole(1, 100_000, 'Steps between two savings of weights and optimiser: what a crash can cost.'),
  distilClass: number(0, 100, 'Weight of the teacher’s class scores.'),
  distilBox: number(0, 100, 'Weight of the teacher’s boxes.'),
  distilDense: number(0, 100, 'Weight of the teacher’s scores at every place of the image.'),
  distilMemory: number(
    0,
    10_000,
    'Weight of the teacher’s memory, for a trained encoder with the same cells: brings a clustered encoder back to the exact one.',
  ),
  ...RL_FIELDS,
});

/** How a run clusters its encoder's tokens; null: not at all. */
export const clustersOf = ({ clusters, clusterWidth, seed }: TrainSettings): ClusterSettings | null =>
  clusters > 0 ? { rounds: clusters, width: clusterWidth, seed } : null;

/** @returns whole sentences, one for each field that is out of its range; empty when all is well */
export function trainProblems(settings: TrainSettings): string[] {
  const problems = rlProblems(settings);
  for (const name of Object.keys(TRAIN_FIELDS) as (keyof TrainSettings)[]) {
    if (name in RL_FIELDS) continue;
    const [field, value] = [TRAIN_FIELDS[name], settings[name]];
    if (field.kind === 'choice') {
      if (!field.choices.includes(String(value)))
        problems.push(`${name}: expected one of ${field.choices.join(', ')}, got ${value}`);
      continue;
    }
    const fits =
      typeof value === 'number' && value >= field.min && value <= field.max && (!field.whole || value % 1 === 0);
    if (!fits)
      problems.push(
        `${name}: expected ${field.whole ? 'a whole number' : 'a number'} ${field.min}..${field.max}, got ${value}`,
      );
  }
  if (settings.reward === 'set-loss' && settings.credit === 'query' && settings.policy !== 'none')
    problems.push('credit: expected image with the reward set-loss, which no single query earns, got query');
  return problems;
}
