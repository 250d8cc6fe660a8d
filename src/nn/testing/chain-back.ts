/**
 * Gradients of our parameters as gradients of the checkpoint's tensors: the chain rule through the rules that made them.
 *
 * O output channels, I input channels, kh x kw kernel.
 */
import type { TensorSource } from '../../lib/tensor-source';
import { NORM_EPSILON } from '../batch-norm';
import type { ParameterRule } from '../parameters';
import { unbuild } from '../unbuild';

/** Tensors of a convolution and its batch norm: weight, gamma, beta, mean, variance. */
const PARTS = 5;

type Tensors = Map<string, Float32Array>;

function add(sums: Tensors, tensor: string, values: Float32Array): void {
  const before = sums.get(tensor);
  sums.set(tensor, before ? before.map((value, i) => value + values[i]!) : values);
}

/** [O,I,kh,kw] -> [O,I,1,1] of the centres: what a 1x1 convolution added to a larger one gets. */
function centres(values: Float32Array, count: number): Float32Array {
  const area = values.length / count;
  return Float32Array.from({ length: count }, (_, at) => values[at * area + (area - 1) / 2]!);
}

/**
 * A convolution folded with its batch norm: w' = w g and b' = beta - mean g with g = gamma / sqrt(variance + epsilon).
 * @param names of the five tensors
 * @param dWeight dL/dw' [O,I,kh,kw]
 * @param dBias dL/db' [O]
 */
function unfolded(
  names: readonly string[],
  source: TensorSource,
  dWeight: Float32Array,
  dBias: Float32Array,
): [string, Float32Array][] {
  const [weight, gamma, , mean, variance] = names.map((name) => source.float32(name)) as Float32Array[];
  const each = weight!.length / gamma!.length;
  const ofWeight = new Float32Array(weight!.length);
  const ofGamma = gamma!.map((gain, o) => {
    const deviation = Math.sqrt(variance![o]! + NORM_EPSILON);
    let along = -dBias[o]! * mean![o]!;
    for (let k = o * each; k < (o + 1) * each; k++) {
      ofWeight[k] = (dWeight[k]! * gain) / deviation;
      along += dWeight[k]! * weight![k]!;
    }
    return along / deviation;
  });
  return [
    [names[0]!, ofWeight],
    [names[1]!, ofGamma],
    [names[2]!, dBias],
  ];
}

/** A rule of a folded weight with its gradient, and the gradient of the bias beside it. */
interface Folded {
  rule: ParameterRule;
  weight?: Float32Array;
  bias?: Float32Array;
}

/** Rules that fold come in pairs over the same tensors; the one of the weight gives the first tensor. */
function pairsOf(rules: readonly ParameterRule[], gradients: readonly Float32Array[]): Folded[] {
  const pairs = new Map<string, Folded>();
  rules.forEach((rule, at) => {
    if (!rule.unfold) return;
    const moved = rule.unfold(gradients[at]!)[0];
    const key = rule.parts[0]!.tensor;
    const pair = pairs.get(key) ?? { rule };
    pairs.set(key, moved ? { ...pair, weight: moved } : { ...pair, bias: gradients[at]! });
  });
  return [...pairs.values()];
}

/**
 * @param gradients of the rules' parameters, in their order and layout
 * @param source the checkpoint that the parameters were made of
 * @returns by name of the tensor, in its layout; where several rules read one, their sum
 * @throws Error for a folded weight without its bias, or the other way round
 */
export function chainBack(
  rules: readonly ParameterRule[],
  gradients: readonly Float32Array[],
  source: TensorSource,
): Tensors {
  const sums: Tensors = new Map();
  rules.forEach((rule, at) => {
    if (rule.unfold) return;
    for (const [tensor, values] of unbuild(rule, gradients[at]!)) add(sums, tensor, values);
  });
  for (const { rule, weight, bias } of pairsOf(rules, gradients)) {
    if (!weight || !bias) throw new Error(`${rule.name}: expected both rules of a folded convolution, got one`);
    for (let first = 0; first < rule.parts.length; first += PARTS) {
      const parts = rule.parts.slice(first, first + PARTS);
      const numbers = parts[0]!.shape.reduce((a, b) => a * b, 1);
      const own = numbers === weight.length ? weight : centres(weight, numbers);
      const names = parts.map(({ tensor }) => tensor);
      for (const [tensor, values] of unfolded(names, source, own, bias)) add(sums, tensor, values);
    }
  }
  return sums;
}
