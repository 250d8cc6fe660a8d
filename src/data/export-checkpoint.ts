/** A taught model as a checkpoint in the hub's layout. */
import { DetectorError } from '../lib/errors';
import type { CheckpointFiles } from '../lib/training';
import { CONFIG, PREPROCESSOR, WEIGHTS, type Checkpoint } from './checkpoint';
import type { Config } from './config-file';
import { writeJson } from './json';
import { writeSafetensors, type Safetensors, type TensorData } from './safetensors';

const POLICY = 'policy.safetensors';
/** Tensors of that file; all others belong to the weights. */
const POLICY_TENSOR = /^policy\.\d+\.log_std$/;
/** transformers and the families' own code expect it. */
const FORMAT = { format: 'pt' };

/** What a tensor became, float32 in the checkpoint's layout. */
export interface ChangedTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface TaughtCheckpoint {
  /** Folder name. */
  readonly name: string;
  readonly source: CheckpointFiles['source'];
  /** With the classes that it was taught. */
  readonly config: Config;
  /** The files that it started from; absent for a model that started from random numbers. */
  readonly original?: Pick<Checkpoint, 'weights' | 'extra' | 'preprocessor' | 'floats'>;
  /** By name; every other tensor is the original's. */
  readonly changed: ReadonlyMap<string, ChangedTensor>;
}

function merged(
  original: Safetensors | undefined,
  changed: readonly [string, ChangedTensor][],
): Map<string, TensorData> {
  const tensors = new Map<string, TensorData>();
  for (const name of original?.names ?? [])
    tensors.set(name, { dtype: original!.dtype(name), shape: original!.shape(name), data: original!.raw(name) });
  for (const [name, { shape, data }] of changed) tensors.set(name, { dtype: 'F32', shape, data });
  return tensors;
}

function weightsFile(original: Safetensors | undefined, changed: readonly [string, ChangedTensor][]) {
  return writeSafetensors(merged(original, changed), { ...original?.metadata, ...FORMAT });
}

const encoded = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** Of a model that was in no file: Python must read a float, since a tensor is filled with it. */
const OWN_FLOATS = ['log_std'];

/**
 * The checkpoint's files: config.json, model.safetensors, what stood beside them, and policy.safetensors where the policy is not in
 * the weights. Tensors that did not change keep their bits and their dtype.
 * @throws DetectorError `internal` when there are no weights at all
 */
export function checkpointFiles({ name, source, config, original, changed }: TaughtCheckpoint): CheckpointFiles {
  const policy = [...changed].filter(([tensor]) => POLICY_TENSOR.test(tensor));
  const weights = [...changed].filter(([tensor]) => !POLICY_TENSOR.test(tensor));
  if (!original && weights.length === 0)
    throw new DetectorError('internal', name, 'expected tensors for model.safetensors, got none');
  const floats = new Set([...(original?.floats ?? []), ...OWN_FLOATS]);
  const files = [
    { name: CONFIG, bytes: encoded(writeJson(config, floats)) },
    { name: WEIGHTS, bytes: weightsFile(original?.weights, weights) },
  ];
  if (original?.preprocessor)
    files.push({ name: PREPROCESSOR, bytes: encoded(writeJson(original.preprocessor, floats)) });
  const extra = new Map(original?.extra);
  const before = extra.get(POLICY);
  extra.delete(POLICY);
  for (const [file, tensors] of extra) files.push({ name: file, bytes: tensors.whole.slice() });
  if (policy.length > 0 || before) files.push({ name: POLICY, bytes: weightsFile(before, policy) });
  return { name, source, files };
}
