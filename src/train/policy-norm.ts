/**
 * What the policy's loss is a mean over. Summed over the queries and divided by the labels, as the set loss is, one weight suits
 * photos of one thing and of thirty; as a mean over all queries the policy counts for next to nothing beside a single label.
 *
 * B images, R rows image by image, Q queries.
 */
import type { Labels } from '../lib/set-prediction';
import type { TrainSettings } from '../lib/train-settings';

/**
 * Advantages for a loss that is a mean over Q queries, such that it is what the settings say. A clipped loss is the same multiple
 * of itself as its advantages are.
 * @param advantages [R,...] packed
 * @param labels [B]
 * @param queries Q
 */
export function normed(
  advantages: Float32Array,
  labels: readonly Labels[],
  queries: number,
  { policyNorm, credit }: Pick<TrainSettings, 'policyNorm' | 'credit'>,
): Float32Array {
  // A credit that all queries share is not a label's.
  if (policyNorm === 'queries' || credit === 'image') return advantages;
  const each = advantages.length / labels.length;
  const weights = labels.map(({ classes }) => queries / Math.max(1, classes.length));
  return advantages.map((value, at) => value * weights[Math.floor(at / each)]!);
}
