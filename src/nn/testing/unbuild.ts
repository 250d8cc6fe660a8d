/** The way back from our layout to the checkpoint's, for rules that only move numbers. */
import type { ParameterRule } from '../parameters';

/**
 * Values of a parameter as the checkpoint's tensors, by name. Sends every position's number through the rule once to see where it goes.
 * @throws Error for a rule that computes instead of moving
 */
export function unbuild({ name, parts, build }: ParameterRule, values: Float32Array): Map<string, Float32Array> {
  const sizes = parts.map(({ shape }) => shape.reduce((a, b) => a * b, 1));
  let next = 1;
  const labels = sizes.map((size) => Float32Array.from({ length: size }, () => next++));
  const starts = labels.map((part) => part[0]!);
  const out = sizes.map((size) => new Float32Array(size));
  build(labels).forEach((label, at) => {
    const part = starts.findLastIndex((start) => start <= label);
    if (part < 0 || !Number.isInteger(label))
      throw new Error(`${name}: the rule computes, it does not only move numbers`);
    out[part]![label - starts[part]!] = values[at]!;
  });
  return new Map(parts.map(({ tensor }, index) => [tensor, out[index]!]));
}
