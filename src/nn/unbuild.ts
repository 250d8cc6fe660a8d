/** The way back from our layout to the checkpoint's: the inverse of a rule's `build`. */
import { DetectorError } from '../lib/errors';
import type { ParameterRule } from './parameters';

/** Where each number of a parameter stands in the checkpoint: which of the rule's parts, and where in it. */
interface Places {
  part: Uint8Array;
  at: Int32Array;
}

/** By rule, since the rules of a loaded model stay. */
const known = new WeakMap<ParameterRule, Places>();

/** float32 counts exactly up to here. */
const MOST_NUMBERS = 2 ** 24;

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/**
 * Sends every position's number through the rule to see where it goes.
 * @throws DetectorError `internal` for a rule that computes instead of moving
 */
function placesOf(rule: ParameterRule): Places {
  const found = known.get(rule);
  if (found) return found;
  const sizes = rule.parts.map(({ shape }) => sizeOf(shape));
  const starts: number[] = [];
  let next = 1;
  const labels = sizes.map((size) => {
    starts.push(next);
    return Float32Array.from({ length: size }, () => next++);
  });
  if (next > MOST_NUMBERS) throw new DetectorError('internal', rule.name, `expected at most ${MOST_NUMBERS} numbers`);
  const built = rule.build(labels);
  const places = { part: new Uint8Array(built.length), at: new Int32Array(built.length) };
  built.forEach((label, index) => {
    const part = starts.findLastIndex((start) => start <= label);
    if (part < 0 || !Number.isInteger(label))
      throw new DetectorError('internal', rule.name, 'expected a rule that moves numbers, it computes');
    places.part[index] = part;
    places.at[index] = label - starts[part]!;
  });
  known.set(rule, places);
  return places;
}

/**
 * Writes a parameter into the checkpoint's tensors; what other rules read from them stays.
 * @param values in the layout of the parameter
 * @param tensors by name, in the checkpoint's layout; changed in place
 * @throws DetectorError `internal` for a rule that computes and states no way back
 */
export function writeBack(rule: ParameterRule, values: Float32Array, tensors: ReadonlyMap<string, Float32Array>): void {
  const targets = rule.parts.map(({ tensor }) => {
    const target = tensors.get(tensor);
    if (!target) throw new DetectorError('internal', rule.name, `expected the tensor ${tensor} to write to`);
    return target;
  });
  if (rule.unfold) {
    rule.unfold(values).forEach((part, index) => part && targets[index]!.set(part));
    return;
  }
  const { part, at } = placesOf(rule);
  values.forEach((value, index) => (targets[part[index]!]![at[index]!] = value));
}

/** A parameter (or its gradient) as the checkpoint's tensors, by name; 0 where the rule reads nothing. */
export function unbuild(rule: ParameterRule, values: Float32Array): Map<string, Float32Array> {
  const tensors = new Map(rule.parts.map(({ tensor, shape }) => [tensor, new Float32Array(sizeOf(shape))]));
  writeBack(rule, values, tensors);
  return tensors;
}
