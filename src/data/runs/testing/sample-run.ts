/** A small run for tests. */
import type { EvaluationRecord, LayerRecord, RunInfo, RunRequest, StepRecord } from '../../../lib/training';
import { trainSettings } from '../../../lib/train-settings';

export const CLASSES = ['waschbär', 'cell'];

export function sampleInfo(id: string, changed: Partial<RunInfo> = {}): RunInfo {
  return {
    id,
    name: `Run ${id}`,
    state: 'running',
    settings: trainSettings('grpo', { steps: 20 }),
    model: { id: 'stepdetr_s', name: 'StepDETR-S', family: 'stepdetr' },
    classes: CLASSES,
    images: { train: 1, val: 1, unlabelled: 1 },
    adapter: 'SwiftShader',
    startedAt: '2026-11-21T11:00:00.000Z',
    step: 0,
    trained: { decoder: 1000 },
    best: null,
    seconds: 0,
    peakBytes: 0,
    ...changed,
  };
}

const photo = (text: string): Blob => new Blob([`photo ${text}`]);

export function sampleRequest(id: string): RunRequest {
  const labels = { classes: [1], boxes: Float32Array.of(0.1, 0.2, 0.3, 0.4) };
  return {
    id,
    name: `Run ${id}`,
    settings: trainSettings('grpo', { steps: 20 }),
    data: {
      classes: CLASSES,
      images: [
        { id: 'a', name: 'a.jpg', file: photo('a'), split: 'train', labels },
        { id: 'b', name: 'b.jpg', file: photo('b'), split: 'val', labels: { ...labels, classes: [0] } },
        { id: 'c', name: 'copy of a.jpg', file: photo('a'), split: 'train', labels: null },
      ],
    },
    model: { kind: 'embedded', id: 'stepdetr_s' },
  };
}

export function sampleStep(step: number, changed: Partial<StepRecord> = {}): StepRecord {
  const layer: LayerRecord = {
    ...{ layer: 1, iou: 0.5, accuracy: 0.25, overlap: 0, extra: 0.125, reward: 0.75 },
    ...{ return: 1.5, advantageMean: 0, advantageStd: 1, ratio: 1, clipShare: 0, klGt: 2.5, klRef: null },
    ...{ entropy: -2, classLoss: 1, boxLoss: 1.5 },
  };
  return {
    ...{ step, loss: 3.25, policyLoss: -0.5, distilLoss: null, gradientNorm: 7, learningRate: 1e-4, ms: 812.5 },
    ...{ bytes: 2 ** 28, tensors: 700, applied: true, layers: [layer] },
    ...changed,
  };
}

export function sampleEvaluation(step: number): EvaluationRecord {
  const numbers = { AP: 0.4, AP50: 0.7, AP75: 0.3, APs: -1, APm: 0.2, APl: 0.5 };
  const recalls = { AR1: 0.3, AR10: 0.4, AR100: 0.5, ARs: -1, ARm: 0.3, ARl: 0.6 };
  return { step, layers: [{ layer: 1, ...numbers, ...recalls, perClassAP: { waschbär: 0.4 } }], ms: 5000 };
}

export const sampleTensors = (value: number): Map<string, { shape: number[]; data: Float32Array<ArrayBuffer> }> =>
  new Map([
    ['decoder.weight', { shape: [2, 3], data: Float32Array.of(value, -0, NaN, Infinity, 1e-40, 5) }],
    ['optimiser.m.decoder.weight', { shape: [0], data: new Float32Array(0) }],
  ]);
