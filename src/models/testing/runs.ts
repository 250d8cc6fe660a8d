/** A forward pass with plans off and on: what the parity ring holds against PyTorch is both. */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { copyInto } from '../../kernels/adamw/device-copy';
import type { Plan } from '../../kernels/plan/plan';
import { record } from '../../kernels/plan/record';
import type { DecodeOptions, Detector, EncodeOptions, Trace } from '../detector';

export interface ForwardRun {
  name: string;
  /** The answers stay until the test file ends. */
  forward(model: Detector, image: tf.Tensor4D, decode?: DecodeOptions, encode?: EncodeOptions): Trace;
}

const plain: ForwardRun = {
  name: 'plans off',
  forward: (model, image, decode, encode) => model.decode(model.encode(image, encode), decode),
};

/** Every tensor of a trace, by where it is. */
type Tensors = Map<string, tf.Tensor>;

function collect(value: unknown, path: string, into: Tensors): void {
  if (value instanceof tf.Tensor) into.set(path, value);
  else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value)) collect(inner, `${path}.${key}`, into);
}

function replaced(value: unknown, path: string, by: Tensors): unknown {
  if (value instanceof tf.Tensor) return by.get(path);
  if (Array.isArray(value)) return value.map((inner, i) => replaced(inner, `${path}.${i}`, by));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaced(inner, `${path}.${key}`, by)]));
}

/** Records with other numbers in the input than those it answers for, so that nothing of the recording can be in the answer. */
const planned: ForwardRun = {
  name: 'plans on',
  forward: (model, image, decode, encode) => {
    const input = tf.keep(tf.zerosLike(image));
    let trace: Trace | undefined;
    const names: string[] = [];
    const plan = record(tf.backend() as WebGPUBackend, [input], () => {
      trace = model.decode(model.encode(input, encode), decode);
      const tensors: Tensors = new Map();
      collect(trace, 'trace', tensors);
      names.push(...tensors.keys());
      return [...tensors.values()].map((tensor) => tf.clone(tensor));
    });
    return answer(plan, image, trace!, names);
  },
};

function answer(plan: Plan, image: tf.Tensor4D, trace: Trace, names: readonly string[]): Trace {
  const input = plan.inputs[0] as tf.Tensor4D;
  const backend = tf.backend() as WebGPUBackend;
  copyInto(backend, image, input);
  plan.replay();
  const outputs: Tensors = new Map(names.map((name, i) => [name, plan.outputs[i]!]));
  return replaced(trace, 'trace', outputs) as Trace;
}

export const FORWARD_RUNS: readonly ForwardRun[] = [plain, planned];
