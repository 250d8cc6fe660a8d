/** The learning rate over a run. */
import type { TrainSettings } from '../lib/train-settings';

/**
 * Grows along a line over the first `warmup` steps, then falls along half a cosine from learningRate to finalRate learningRate,
 * which the last step has (arXiv 1608.03983, without restarts).
 * @param step 1, 2, …, steps; later ones keep the last rate
 */
export function learningRateAt(
  step: number,
  { learningRate, warmup, steps, finalRate }: Pick<TrainSettings, 'learningRate' | 'warmup' | 'steps' | 'finalRate'>,
): number {
  if (step < warmup) return (learningRate * step) / warmup;
  // A run that is no longer than its warm-up ends at the full rate.
  const along = steps > warmup ? Math.min(1, (step - warmup) / (steps - warmup)) : 0;
  return learningRate * (finalRate + (1 - finalRate) * 0.5 * (1 + Math.cos(Math.PI * along)));
}
