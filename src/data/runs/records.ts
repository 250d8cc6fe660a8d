/** Records of a run's log as they come back from JSON, in which NaN and Infinity are null. */
import type { LayerRecord, StepRecord } from '../../lib/training';
import { isObject } from '../json';

type Numbers<T> = { [K in keyof T]: number extends T[K] ? (null extends T[K] ? never : K) : never }[keyof T];

/** Figures that a step always has: null says that they were not finite. The others are null where the method has none. */
const STEP_NUMBERS: readonly Numbers<StepRecord>[] = ['loss', 'gradientNorm', 'learningRate', 'ms', 'bytes', 'tensors'];
const LAYER_NUMBERS: readonly Numbers<LayerRecord>[] = [
  ...(['iou', 'accuracy', 'overlap', 'extra', 'reward'] as const),
  ...(['return', 'klGt', 'classLoss', 'boxLoss'] as const),
];

const withNaN = (record: Record<string, unknown>, names: readonly string[]): Record<string, unknown> => ({
  ...record,
  ...Object.fromEntries(names.filter((name) => record[name] === null).map((name) => [name, NaN])),
});

/** A line of log.jsonl. */
export function stepRecord(json: Record<string, unknown>): StepRecord {
  const layers = Array.isArray(json.layers) ? json.layers.filter(isObject) : [];
  const record = { ...withNaN(json, STEP_NUMBERS), layers: layers.map((layer) => withNaN(layer, LAYER_NUMBERS)) };
  return record as unknown as StepRecord;
}
