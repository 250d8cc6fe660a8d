/**
 * AdamW with a moving average over some of a model's parameters, in place on the device.
 *
 * t counts applied steps: a step that was left out changes nothing, bias corrections included.
 */
import * as tf from '@tensorflow/tfjs-core';
import { deviceCopy, readNumbers } from '../kernels/adamw/device-copy';
import { adamw, gradientNorm } from '../kernels/adamw/op';
import { DetectorError } from '../lib/errors';
import type { Parameters } from '../nn/parameters';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

export interface OptimiserOptions {
  /** The learning rate's multiple for a parameter. */
  rateOf(name: string): number;
  /** Whether weight decay is for it. */
  decays(name: string): boolean;
  /** Memory of the moving average; 0 for none. The first steps forget faster: min(emaDecay, (1 + t) / (10 + t)). */
  emaDecay: number;
}

export interface StepOptions {
  learningRate: number;
  /** Longer gradients are shortened to this L2 norm; 0 leaves them. */
  maxNorm: number;
  weightDecay: number;
}

export interface SavedTensor {
  shape: readonly number[];
  data: Float32Array<ArrayBuffer>;
}

/** 'm.<name>', 'v.<name>' and, with a moving average, 'ema.<name>'. */
export type OptimiserState = Map<string, SavedTensor>;

type Moment = 'm' | 'v' | 'ema';

export class Optimiser {
  /** t */
  private applied = 0;
  private readonly kept: Record<Moment, Map<string, tf.Tensor>>;
  private readonly average: Parameters | undefined;

  /**
   * @param parameters whose tensors under `names` are device resident (`Parameters.deviceResident`); they are written in place
   * @param names in the order in which the gradients will come
   */
  constructor(
    private readonly parameters: Parameters,
    private readonly names: readonly string[],
    private readonly options: OptimiserOptions,
  ) {
    const zeros = (): [string, tf.Tensor][] =>
      names.map((name) => [name, tf.tidy(() => deviceCopy(tf.zeros(parameters.get(name).shape)))]);
    const copies = (): [string, tf.Tensor][] => names.map((name) => [name, deviceCopy(parameters.get(name))]);
    this.kept = { m: new Map(zeros()), v: new Map(zeros()), ema: new Map(options.emaDecay > 0 ? copies() : []) };
    this.average = options.emaDecay > 0 ? parameters.with(this.kept.ema) : undefined;
  }

  /**
   * One step, unless loss or gradient are not finite.
   * @param gradients in the order of the names, the caller's
   * @returns the gradient's L2 norm before it was shortened, and whether the step was applied
   */
  async step(
    gradients: readonly tf.Tensor[],
    loss: tf.Scalar,
    { learningRate, maxNorm, weightDecay }: StepOptions,
  ): Promise<{ norm: number; applied: boolean }> {
    const { names, options, kept } = this;
    const step = this.applied + 1;
    const control = gradientNorm(gradients, maxNorm, loss);
    const slots = names.map((name, at) => ({
      parameter: this.parameters.get(name),
      gradient: gradients[at]!,
      m: kept.m.get(name)!,
      v: kept.v.get(name)!,
      ema: kept.ema.get(name),
    }));
    adamw(slots, control, {
      rates: names.map((name) => learningRate * options.rateOf(name)),
      decays: names.map((name) => (options.decays(name) ? weightDecay : 0)),
      beta1: BETA1,
      beta2: BETA2,
      epsilon: EPSILON,
      step,
      emaDecay: Math.min(options.emaDecay, (1 + step) / (10 + step)),
    });
    const [, apply, norm] = (await control.data()) as unknown as [number, number, number];
    control.dispose();
    if (apply === 1) this.applied = step;
    return { norm, applied: apply === 1 };
  }

  /** The averaged weights, all others shared; undefined without an average. This optimiser's: dispose nothing of it. */
  ema(): Parameters | undefined {
    return this.average;
  }

  /** t: with it and `state` another optimiser goes on where this one is. */
  get steps(): number {
    return this.applied;
  }

  async state(): Promise<OptimiserState> {
    const state: OptimiserState = new Map();
    for (const [moment, tensors] of this.moments())
      for (const [name, tensor] of tensors)
        state.set(`${moment}.${name}`, { shape: tensor.shape, data: await readNumbers(tensor) });
    return state;
  }

  /**
   * Goes on from a state; what it holds beside this optimiser's tensors is not looked at.
   * @param steps t of the optimiser that gave it
   * @throws DetectorError `checkpoint` when a tensor is missing or has another shape; nothing is changed then
   */
  load(state: OptimiserState, steps: number): void {
    for (const [moment, tensors] of this.moments())
      for (const [name, { shape }] of tensors) refuseMismatch(`${moment}.${name}`, shape, state);
    for (const [moment, tensors] of this.moments())
      for (const [name, before] of tensors) {
        const { data } = state.get(`${moment}.${name}`)!;
        const tensor = tf.tidy(() => deviceCopy(tf.tensor(data.slice(), before.shape)));
        if (moment === 'ema') this.average!.set(name, tensor);
        else before.dispose();
        tensors.set(name, tensor);
      }
    this.applied = steps;
  }

  dispose(): void {
    tf.dispose([...this.kept.m.values(), ...this.kept.v.values()]);
    this.average?.dispose();
  }

  private moments(): [Moment, Map<string, tf.Tensor>][] {
    return Object.entries(this.kept) as [Moment, Map<string, tf.Tensor>][];
  }
}

function refuseMismatch(key: string, shape: readonly number[], state: OptimiserState): void {
  const saved = state.get(key);
  if (saved && tf.util.arraysEqual([...saved.shape], [...shape])) return;
  const got = saved ? `got [${saved.shape.join(', ')}]` : 'it is missing';
  throw new DetectorError(
    'checkpoint',
    key,
    `expected shape [${shape.join(', ')}], ${got}`,
    'The state and the model must be of the same run.',
  );
}
