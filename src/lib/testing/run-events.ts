/** Records of a made-up run for tests: smooth curves that follow from the step, so that every number can be told. */
import { seededRandom } from '../random';
import { trainSettings, type TrainMethod } from '../train-settings';
import type {
  EpisodeOutcome,
  EpisodeSnapshot,
  EvaluationRecord,
  ImageLabels,
  LayerRecord,
  RunEvent,
  RunInfo,
  StepRecord,
} from '../training';
import type { ImageDetections, LayerEvaluation } from '../types';

export const LAYERS = 3;

export function runInfo(id: string, change: Partial<RunInfo> = {}, method: TrainMethod = 'grpo'): RunInfo {
  return {
    id,
    name: id,
    state: 'running',
    settings: trainSettings(method),
    model: { id: 'm', name: 'M', family: 'stepdetr' },
    classes: ['cat', 'dog'],
    images: { train: 10, val: 4, unlabelled: 0 },
    adapter: 'test adapter',
    startedAt: '2026-01-01T00:00:00.000Z',
    step: 0,
    trained: { decoder: 10 },
    best: null,
    seconds: 0,
    peakBytes: 0,
    ...change,
  };
}

/** Rises from 0.2 towards 0.8. */
const progress = (step: number): number => 0.8 - 0.6 * Math.exp(-step / 40);

export function stepRecord(step: number, change: Partial<StepRecord> = {}, reinforced = true): StepRecord {
  const noise = (key: number): number => (seededRandom(step, key)() - 0.5) * 0.1;
  const layers = Array.from({ length: LAYERS }, (_, index): LayerRecord => {
    const iou = progress(step) - 0.05 * index + noise(index);
    return {
      layer: index + 1,
      iou,
      accuracy: progress(step) + noise(index + 10),
      overlap: 0.1 + noise(index + 20) / 2,
      extra: Math.max(0, 0.4 - progress(step) / 2 + noise(index + 30)),
      reward: iou + 0.2,
      return: (LAYERS - index) * (iou + 0.2),
      advantageMean: reinforced ? noise(index + 40) : null,
      advantageStd: reinforced ? 0.9 + noise(index + 50) : null,
      ratio: reinforced ? 1 + noise(index + 60) / 10 : null,
      clipShare: reinforced ? 0.02 + noise(index + 70) / 10 : null,
      klGt: 2 - progress(step) + noise(index + 80),
      klRef: reinforced ? step * 1e-4 : null,
      entropy: reinforced ? -3 + step * 1e-3 : null,
      classLoss: 1 - progress(step) / 2 + noise(index + 90),
      boxLoss: 1 - progress(step) / 2 + noise(index + 100),
    };
  });
  return {
    step,
    loss: 3 * (2 - progress(step)),
    policyLoss: reinforced ? noise(110) / 100 : null,
    distilLoss: null,
    gradientNorm: 2 + 10 * noise(120),
    learningRate: 1e-4 * Math.min(1, step / 10),
    ms: 200 + 100 * noise(130),
    bytes: 3e8 + 1e5 * step,
    tensors: 900,
    applied: true,
    layers,
    ...change,
  };
}

const layerEvaluation = (layer: LayerEvaluation['layer'], AP: number): LayerEvaluation => ({
  layer,
  AP,
  AP50: Math.min(1, AP * 1.5),
  AP75: AP,
  APs: -1,
  APm: AP,
  APl: AP,
  AR1: AP,
  AR10: AP,
  AR100: AP,
  ARs: -1,
  ARm: AP,
  ARl: AP,
  perClassAP: { cat: AP + 0.02, dog: AP - 0.02 },
});

export function evaluationRecord(step: number): EvaluationRecord {
  const layers = (['select', 1, 2, 3] as const).map((layer, index) =>
    layerEvaluation(layer, Math.max(0.03, progress(step) - 0.3 + 0.02 * index)),
  );
  return { step, layers, ms: 1500 };
}

/** Two labels: class 0 left, class 1 right. */
export const twoLabels = (): ImageLabels => ({
  classes: [0, 1],
  boxes: Float32Array.from([0.3, 0.5, 0.3, 0.5, 0.72, 0.45, 0.25, 0.4]),
});

function outcome(step: number, layer: number, rollout: number | null): EpisodeOutcome {
  const noise = (key: number): number => (seededRandom(step, layer, rollout ?? 99, key)() - 0.5) * 0.12;
  const [iou, accuracy, overlap, extra] = [progress(step) + noise(1), 0.5, 0.1, 0.25];
  const reward = iou + 0.5 * accuracy - 0.5 * overlap - 0.3 * extra;
  return {
    iou,
    accuracy,
    overlap,
    extra,
    reward,
    return: reward * (LAYERS + 1 - layer),
    advantage: rollout === null ? null : 20 * noise(2),
    predictions: [
      {
        query: 3,
        label: 0,
        score: 0.8,
        box: [0.3 + noise(3), 0.5 + noise(4), 0.3, 0.5],
        matched: { label: 0, iou: 0.7 + noise(5) },
      },
      {
        query: 8,
        label: 1,
        score: 0.45,
        box: [0.72 + noise(6), 0.45 + noise(7), 0.25, 0.4],
        matched: { label: 1, iou: 0.6 + noise(8) },
      },
      { query: 11, label: 1, score: 0.35, box: [0.5 + noise(9), 0.8, 0.2, 0.2], matched: null },
    ],
  };
}

export function episodeSnapshot(step: number, picture: Blob, rollouts = 8): EpisodeSnapshot {
  return {
    step,
    image: { id: 'a', name: 'a.jpg' },
    picture,
    labels: twoLabels(),
    layers: Array.from({ length: LAYERS }, (_, index) => ({
      layer: index + 1,
      mean: outcome(step, index + 1, null),
      rollouts: Array.from({ length: rollouts }, (_, rollout) => outcome(step, index + 1, rollout)),
    })),
  };
}

/** Query 0 finds the first label, query 1 takes the second for class 0, query 2 finds nothing that is there. */
export function heldOutDetections(model = 'm'): ImageDetections {
  const boxes = Float32Array.from([0.3, 0.5, 0.28, 0.5, 0.72, 0.45, 0.25, 0.38, 0.5, 0.9, 0.1, 0.1]);
  return {
    model,
    width: 640,
    height: 480,
    layers: (['select', 1, 2, 3] as const).map((layer) => ({
      layer,
      boxes,
      query: Int32Array.from([0, 1, 0, 2]),
      label: Int32Array.from([0, 0, 1, 1]),
      score: Float32Array.from([0.9, 0.6, 0.5, 0.4]),
    })),
    ms: { decode: 0, resize: 0, model: 0, post: 0 },
    retries: 0,
  };
}

/** What a worker says of a whole run, in its order. */
export function* runEvents(run: RunInfo, steps: number, picture: Blob): Generator<RunEvent> {
  const { id } = run;
  const reinforced = run.settings.policy !== 'none';
  yield { type: 'run', run: { ...run, state: 'preparing' } };
  for (const done of [3, 10]) yield { type: 'progress', id, stage: 'views', done, total: 10 };
  const measure = function* (step: number): Generator<RunEvent> {
    yield { type: 'evaluation', id, record: evaluationRecord(step) };
    yield {
      type: 'held-out',
      id,
      detections: { step, images: { 'sample-cat': heldOutDetections(), b: heldOutDetections() } },
    };
  };
  yield* measure(0);
  yield { type: 'run', run };
  for (let step = 1; step <= steps; step++) {
    yield { type: 'step', id, record: stepRecord(step, {}, reinforced) };
    if (step % 5 === 0) yield { type: 'episode', id, snapshot: episodeSnapshot(step, picture, reinforced ? 8 : 0) };
    if (step % 25 === 0) yield* measure(step);
    if (step % 10 === 0) yield { type: 'saved', id, step };
  }
}
