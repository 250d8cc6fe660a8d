/**
 * The spread of DEIMv2's policy. Its authors' checkpoint has none: it lies beside it in policy.safetensors, as
 * policy.<layer>.log_std [D].
 */
import { RL_DEFAULTS } from '../../lib/rl-settings';
import type { TensorSource } from '../../lib/tensor-source';
import type { DeimV2Config } from './config';
import { logStdNames } from './parameters';

/** The weights with the policy's tensors among them: those of the file, or where there is none the settings' start. */
export function withPolicy(c: DeimV2Config, weights: TensorSource, policy: TensorSource | undefined): TensorSource {
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
