/** An image's memory by the exact encoder, or with clusters where that is wanted and the model's encoder has dense attention. */
import * as tf from '@tensorflow/tfjs-core';
import type { ClusterSettings } from '../lib/clusters';
import type { ClusteredMemory, Detector, EncodeOptions, Memory } from './detector';

/** tf.tidy over a memory, whose tensors are the caller's. */
export const tidyMemory = (work: () => Memory): Memory =>
  tf.tidy(work as unknown as () => tf.TensorContainer) as unknown as Memory;

/**
 * Not inside tf.tidy; inside `gradientsOf` it may be.
 * @param image [B,H,W,3] in the units of the model's preprocessing
 * @param clusters null for the exact encoder
 * @returns a memory whose tensors are the caller's, for `disposeMemory`
 */
export async function encodeImage(
  detector: Detector,
  image: tf.Tensor4D,
  clusters: ClusterSettings | null,
  options: EncodeOptions = {},
): Promise<ClusteredMemory> {
  if (clusters && detector.encodeClustered) return detector.encodeClustered(image, clusters, options);
  return { memory: tidyMemory(() => detector.encode(image, options)), layers: [] };
}

/** Frees a memory that is the caller's. */
export function disposeMemory({ tokens, values = [], mask, ratios }: Memory): void {
  tf.dispose([tokens, ...values, ...(mask ? [mask] : []), ...(ratios ? [ratios] : [])]);
}
