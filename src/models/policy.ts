/**
 * The spread of the policy in a family whose checkpoint has none: it lies beside it in policy.safetensors, as
 * policy.<layer>.log_std [D].
 */
import { RL_DEFAULTS } from '../lib/rl-settings';
import type { TensorSource } from '../lib/tensor-source';
import { Parameters, type ParameterRule } from '../nn/parameters';
import { plain } from '../nn/rules';
import type { FamilyFiles, Loaded } from './family';

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
function withPolicy(c: PolicyShape, weights: TensorSource, policy: TensorSource | undefined): TensorSource {
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

/**
 * The parameters of a checkpoint, the policy's among them; these count where they stand in a file.
 * @param ignore as of `Parameters.load`
 * @throws as `Parameters.load`
 */
export function loadWithPolicy(
  rules: readonly ParameterRule[],
  c: PolicyShape,
  { weights, policy }: Pick<FamilyFiles, 'weights' | 'policy'>,
  ignore?: RegExp,
): Pick<Loaded<unknown, unknown>, 'rules' | 'parameters' | 'parameterCount'> {
  const parameters = Parameters.load(rules, withPolicy(c, weights, policy), ignore);
  return { rules, parameters, parameterCount: parameters.count - (policy ? 0 : c.layers * c.width) };
}
