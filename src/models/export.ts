/** What training made of a checkpoint, back in the checkpoint's own tensors. */
import { readNumbers } from '../kernels/adamw/device-copy';
import { RL_DEFAULTS } from '../lib/rl-settings';
import type { ParameterRule, Part } from '../nn/parameters';
import { writeBack } from '../nn/unbuild';
import type { Detector } from './detector';
import type { ModelFiles } from './load';
import type { PlainTensor } from './tensors';

/** The same bits: 0 and -0 are different, not-a-number is itself. */
function same(a: Float32Array, b: Float32Array): boolean {
  const [x, y] = [a, b].map((values) => new Uint32Array(values.slice().buffer)) as [Uint32Array, Uint32Array];
  return x.length === y.length && x.every((bits, index) => bits === y[index]);
}

const inWeights = ({ weights }: ModelFiles, { tensor }: Part): boolean => weights.names.includes(tensor);

/** A tensor as it was before training. Only a policy may have been in no file. */
function original(files: ModelFiles, part: Part): Float32Array {
  if (inWeights(files, part)) return files.weights.float32(part.tensor);
  if (files.policy?.names.includes(part.tensor)) return files.policy.float32(part.tensor);
  return new Float32Array(part.shape.reduce((a, b) => a * b, 1)).fill(RL_DEFAULTS.logStd);
}

/** Rules whose numbers changed, and the names of all tensors that they are made of. */
function changedRules(
  files: ModelFiles,
  values: ReadonlyMap<ParameterRule, Float32Array>,
): { rules: Set<ParameterRule>; tensors: Set<string> } {
  const changed = [...values].filter(
    ([{ parts, build }, now]) => !same(build(parts.map((part) => original(files, part))), now),
  );
  const rules = new Set(changed.map(([rule]) => rule));
  return { rules, tensors: new Set([...rules].flatMap(({ parts }) => parts.map(({ tensor }) => tensor))) };
}

/** Rules whose tensors go back: the changed, those folded together with them, and a policy's file as a whole. */
function rulesToWrite(files: ModelFiles, values: ReadonlyMap<ParameterRule, Float32Array>): ParameterRule[] {
  const { rules, tensors } = changedRules(files, values);
  const apart = [...values.keys()].filter(({ parts }) => parts.some((part) => !inWeights(files, part)));
  const wholePolicy = apart.some((rule) => rules.has(rule)) ? apart : [];
  const beside = [...values.keys()].filter(
    ({ unfold, parts }) => unfold !== undefined && parts.some(({ tensor }) => tensors.has(tensor)),
  );
  return [...new Set([...rules, ...beside, ...wholePolicy])];
}

/**
 * Every tensor that differs from the checkpoint's files, in the checkpoint's layout: what training changed and what
 * adaptClasses made. A tensor that is not here is to be taken from the file bit for bit. A convolution that is folded with its batch norm goes
 * back as it is, with a norm that changes nothing (gain 1), a RepVGG block into its 3x3 convolution.
 * @param files that the detector was loaded from
 */
export async function exportWeights(detector: Detector, files: ModelFiles): Promise<Map<string, PlainTensor>> {
  const numbers = await Promise.all(detector.rules.map(({ name }) => readNumbers(detector.parameters.get(name))));
  const values = new Map(detector.rules.map((rule, index) => [rule, numbers[index]!]));
  const out = new Map<string, PlainTensor>();
  for (const tensor of files.made ?? [])
    out.set(tensor, { shape: files.weights.shape(tensor), data: Float32Array.from(files.weights.float32(tensor)) });
  for (const rule of rulesToWrite(files, values)) {
    for (const part of rule.parts)
      if (!out.has(part.tensor))
        out.set(part.tensor, { shape: part.shape, data: Float32Array.from(original(files, part)) });
    writeBack(rule, values.get(rule)!, new Map(rule.parts.map(({ tensor }) => [tensor, out.get(tensor)!.data])));
  }
  return out;
}
