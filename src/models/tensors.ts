/** Tensors in memory where a file's would stand. */
import { DetectorError } from '../lib/errors';
import type { TensorSource } from '../lib/tensor-source';

/** In the checkpoint's layout, row-major. */
export interface PlainTensor {
  shape: readonly number[];
  data: Float32Array<ArrayBuffer>;
}

/**
 * @param tensors by name
 * @param base where the others are, if anywhere
 */
export function tensorSource(
  name: string,
  tensors: ReadonlyMap<string, PlainTensor>,
  base?: TensorSource,
): TensorSource {
  const find = (tensor: string): PlainTensor => {
    const found = tensors.get(tensor);
    if (!found)
      throw new DetectorError('checkpoint', name, `tensor "${tensor}": expected it in memory, it is not there`);
    return found;
  };
  return {
    name,
    names: [...new Set([...(base?.names ?? []), ...tensors.keys()])],
    shape: (tensor) => (base && !tensors.has(tensor) ? base.shape(tensor) : find(tensor).shape),
    float32: (tensor) => (base && !tensors.has(tensor) ? base.float32(tensor) : find(tensor).data),
  };
}
