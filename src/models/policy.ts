/**
 * The spread of the policy in a family whose checkpoint has none: it lies beside it in policy.safetensors, as
 * policy.<layer>.log_std [D].
 */
import { RL_DEFAULTS } from '../lib/rl-settings';
import type { TensorSource } from '../lib/tensor-source';
import type { ParameterRule } from '../nn/parameters';
import { plain } from '../nn/rules';

/** Of the decoder: its layers, and D. */
export interface PolicyShape {
  readonly layers: number;
  readonly width: number;
}

export function logStdNames({ layers }: Pick<PolicyShape, 'layers'>): string[] {
  return Array.from({ length: layers }, (_, index) => `policy.${index}.log_std`);
}

export function policyRules(c: PolicyShape): ParameterRule[] {
  return logStdNames(c).map((name) => plain('policy', name, [c.width]));
}

/** The weights with the policy's tensors among them: those of the file, or where there is none the settings' start. */
export function withPolicy(c: PolicyShape, weights: TensorSource, policy: TensorSource | undefined): TensorSource {
  const names = policy ? policy.names : logStdNames(c);
  const added = new Set(names);
  return {
    name: policy ? `${weights.name} with ${policy.name}` : weights.name,
    names: [...weights.names, ...names],
    shape: (tensor) => (!added.has(tensor) ? weights.shape(tensor) : (policy?.shape(tensor) ?? [c.width])),
    float32: (tensor) =>
      !added.has(tensor)
        ? weights.float32(tensor)
        : (policy?.float32(tensor) ?? new Float32Array(c.width).fill(RL_DEFAULTS.logStd)),
  };
}
