/**
 * A model's numbers as named tensors in the layout that the kernels read, and the rules that make them from a checkpoint.
 *
 * I input width, O output width. PyTorch keeps linear weights as [O,I] and convolutions as [O,I,kh,kw]; here they are
 * [I,O] and [kh,kw,I,O], so that neighbouring threads read neighbouring numbers. Batch norm is folded into its convolution.
 */
import * as tf from '@tensorflow/tfjs-core';
import { deviceCopy } from '../kernels/adamw/device-copy';
import { isPacked, packedHalves, widened } from '../kernels/halves/op';
import { DetectorError } from '../lib/errors';
import type { TensorSource } from '../lib/tensor-source';

/** Which part of a model a parameter belongs to; training switches whole groups on and off. 'fixed' is never trained. */
export type ParameterGroup = 'backbone' | 'encoder' | 'decoder' | 'heads' | 'policy' | 'fixed';

export interface Part {
  tensor: string;
  shape: readonly number[];
}

/** How one parameter is made of one or more tensors of the checkpoint. */
export interface ParameterRule {
  name: string;
  group: ParameterGroup;
  shape: readonly number[];
  parts: readonly Part[];
  build(parts: readonly Float32Array[]): Float32Array;
  /** The weight [I,O] of a linear layer: it may stay f16 on the device where the checkpoint has it in f16. */
  product?: true;
  /**
   * Of a rule that computes instead of only moving numbers: parts that `build` makes the same values of, null where it leaves a
   * part to the rules beside it, which read the same tensors and go back together with it.
   */
  unfold?(values: Float32Array): (Float32Array | null)[];
}

let reading: Set<tf.Tensor> | undefined;

/** Runs synchronous work and says which parameters it got, of whatever model, in the order of their first use. */
export function readingParameters<T>(work: () => T): { value: T; read: tf.Tensor[] } {
  const outside = reading;
  const own = new Set<tf.Tensor>();
  reading = own;
  try {
    return { value: work(), read: [...own] };
  } finally {
    reading = outside;
    for (const tensor of own) outside?.add(tensor);
  }
}

/** The same tensor, as one that was read. */
function noted(tensor: tf.Tensor): tf.Tensor {
  reading?.add(tensor);
  return tensor;
}

export class Parameters {
  private constructor(
    private readonly tensors: Map<string, tf.Tensor>,
    /** Numbers in the checkpoint's tensors that were read. */
    readonly count: number,
    /** Whose tensors are used under all other names. */
    private readonly shared?: Parameters,
  ) {}

  /**
   * Reads every rule's tensors, converts and uploads them.
   * @param ignore tensors of the file that no rule reads on purpose (training-only embeddings, counters)
   * @throws DetectorError `checkpoint` naming every tensor that is missing, left over or of another shape
   */
  static load(
    rules: readonly ParameterRule[],
    source: TensorSource,
    ignore: RegExp = /num_batches_tracked$/,
  ): Parameters {
    refuseMismatch(rules, source, ignore);
    const tensors = new Map<string, tf.Tensor>();
    const read = new Map<string, number>();
    for (const rule of rules) {
      const parts = rule.parts.map(({ tensor }) => source.float32(tensor));
      rule.parts.forEach(({ tensor }, index) => read.set(tensor, parts[index]!.length));
      const values = rule.build(parts);
      const packed = rule.product ? packedHalves(values, rule.shape) : null;
      tensors.set(rule.name, packed ?? tf.tensor(values, [...rule.shape], 'float32'));
    }
    const count = [...read.values()].reduce((sum, length) => sum + length, 0);
    return new Parameters(tensors, count);
  }

  /**
   * A parameter as float32. One that was kept in f16 is float32 from now on.
   * @throws Error for a name that no rule made: a mistake of ours, not of the checkpoint
   */
  get<R extends tf.Rank = tf.Rank>(name: string): tf.Tensor<R> {
    const tensor = this.tensors.get(name);
    if (tensor && isPacked(tensor)) this.set(name, widened(tensor as tf.Tensor2D));
    if (tensor) return noted(this.tensors.get(name)!) as tf.Tensor<R>;
    if (!this.shared) throw new Error(`parameter ${name} was never loaded`);
    return this.shared.get<R>(name);
  }

  /** A linear layer's weight as kernels/matmul's `linear` takes it: [I,O], or packed halves of it. Else as `get`. */
  linearWeight(name: string): tf.Tensor2D {
    const tensor = this.tensors.get(name);
    if (tensor) return noted(tensor) as tf.Tensor2D;
    return this.shared ? this.shared.linearWeight(name) : this.get<tf.Rank.R2>(name);
  }

  has(name: string): boolean {
    return this.tensors.has(name) || (this.shared?.has(name) ?? false);
  }

  names(): string[] {
    return this.shared?.names() ?? [...this.tensors.keys()];
  }

  /**
   * The same model with some tensors of its own, which it takes over; all others stay this one's, which must outlive it.
   * @throws Error for a name that no rule made
   */
  with(replacements: ReadonlyMap<string, tf.Tensor>): Parameters {
    for (const name of replacements.keys()) this.get(name);
    return new Parameters(new Map(replacements), this.count, this);
  }

  /**
   * Takes over a tensor in the place of one of its own, which is freed.
   * @throws Error for a name that is not its own
   */
  set(name: string, tensor: tf.Tensor): void {
    const before = this.tensors.get(name);
    if (!before) throw new Error(`parameter ${name} is not there to be replaced`);
    this.tensors.set(name, tf.keep(tensor));
    before.dispose();
  }

  /** Readies tensors of its own for being written in place (see kernels/adamw/device-copy.ts: they must not be read directly). */
  deviceResident(names: readonly string[]): void {
    for (const name of names) this.set(name, deviceCopy(this.get(name)));
  }

  /** Frees its own tensors, not those it shares. */
  dispose(): void {
    for (const tensor of this.tensors.values()) tensor.dispose();
    this.tensors.clear();
  }
}

const MOST_LISTED = 5;

function refuseMismatch(rules: readonly ParameterRule[], source: TensorSource, ignore: RegExp): void {
  const left = new Set(source.names);
  const problems: string[] = [];
  for (const { parts } of rules) {
    for (const { tensor, shape } of parts) {
      if (!source.names.includes(tensor)) {
        problems.push(`tensor ${tensor} is missing (expected [${shape.join(', ')}])`);
        continue;
      }
      left.delete(tensor);
      const got = source.shape(tensor);
      if (got.length !== shape.length || got.some((size, axis) => size !== shape[axis])) {
        problems.push(`tensor ${tensor}: expected shape [${shape.join(', ')}], got [${got.join(', ')}]`);
      }
    }
  }
  for (const tensor of left)
    if (!ignore.test(tensor)) problems.push(`tensor ${tensor} is left over: nothing in this model reads it`);
  if (problems.length === 0) return;
  const more = problems.length > MOST_LISTED ? `; and ${problems.length - MOST_LISTED} more` : '';
  throw new DetectorError(
    'checkpoint',
    source.name,
    problems.slice(0, MOST_LISTED).join('; ') + more,
    'The model that was loaded before is still there. config.json and the weights must come from the same checkpoint.',
  );
}
