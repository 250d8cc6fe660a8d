/** Returns and advantages in plain numbers (../shared/design/rl.md: return, baseline). */
import { DetectorError } from '../lib/errors';
import type { Baseline } from '../lib/rl-settings';

/** Added to the standard deviation: equal returns give advantage 0. */
const STD_EPSILON = 1e-6;

function refuse(subject: string, message: string): never {
  throw new DetectorError('internal', subject, message);
}

/**
 * R_k = sum over m >= k of discount^(m-k) r_m.
 * @param rewards [..., K] packed
 * @param layers K
 * @returns [..., K]
 */
export function returnsOf(rewards: ArrayLike<number>, layers: number, discount: number): Float32Array {
  if (!(layers >= 1) || rewards.length % layers !== 0)
    refuse('returns', `expected rows of ${layers} rewards, got ${rewards.length} numbers`);
  const out = new Float32Array(rewards.length);
  for (let row = 0; row < rewards.length; row += layers) {
    let sum = 0;
    for (let k = layers - 1; k >= 0; k--) out[row + k] = sum = rewards[row + k]! + discount * sum;
  }
  return out;
}

/** Mean over the leading axis, by column. @param values [rows, columns] */
function columnMeans(values: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const means = new Float64Array(columns);
  for (let i = 0; i < values.length; i++) means[i % columns]! += values[i]! / rows;
  return means;
}

function columnsOf(values: ArrayLike<number>, rows: number): number {
  if (!(rows >= 1) || values.length % rows !== 0)
    refuse('advantage', `expected ${rows} rows of returns, got ${values.length} numbers`);
  return values.length / rows;
}

/**
 * (R - mean) / (std + 1e-6) over the leading axis, std dividing by the number of rows.
 * @param values [rows, ...] packed: the rollouts of one image, or of all images of the step
 */
export function standardised(values: ArrayLike<number>, rows: number): Float32Array {
  const columns = columnsOf(values, rows);
  const means = columnMeans(values, rows, columns);
  const variances = columnMeans(
    Float64Array.from(values, (value, i) => (value - means[i % columns]!) ** 2),
    rows,
    columns,
  );
  return Float32Array.from(values, (value, i) => {
    const column = i % columns;
    return (value - means[column]!) / (Math.sqrt(variances[column]!) + STD_EPSILON);
  });
}

/** R - mean of the other rows. @param values [rows, ...] packed, rows >= 2 */
export function leaveOneOut(values: ArrayLike<number>, rows: number): Float32Array {
  const columns = columnsOf(values, rows);
  if (rows < 2) refuse('advantage', `expected at least 2 rollouts for the leave-one-out baseline, got ${rows}`);
  const means = columnMeans(values, rows, columns);
  return Float32Array.from(values, (value, i) => ((value - means[i % columns]!) * rows) / (rows - 1));
}

/**
 * Advantages of a step's returns: `group` and `leave-one-out` compare the G rollouts of an image, `batch` all B G rollouts;
 * always place by place of the trailing axes (layers, queries).
 * @param values [B,G,...] packed
 * @returns [B,G,...]
 * @throws DetectorError `internal` when the numbers do not divide into images and rollouts
 */
export function advantagesOf(
  values: Float32Array,
  { images, rollouts }: { images: number; rollouts: number },
  baseline: Baseline,
): Float32Array {
  columnsOf(values, images * rollouts);
  if (baseline === 'batch') return standardised(values, images * rollouts);
  const compare = baseline === 'group' ? standardised : leaveOneOut;
  const each = values.length / images;
  const out = new Float32Array(values.length);
  for (let image = 0; image < images; image++)
    out.set(compare(values.subarray(image * each, (image + 1) * each), rollouts), image * each);
  return out;
}
