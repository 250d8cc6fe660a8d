/**
 * Distillation of the encoder: the student's memory comes to be its teacher's. It is how a clustered encoder is brought back to
 * the exact one in a few epochs (ACT, arXiv 2011.09315, section 3.4, there over every layer's attention; here over the memory,
 * which is all that the decoder reads).
 *
 * B images, N memory tokens, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { DetectorError } from '../lib/errors';
import type { Memory } from '../models/detector';
import type { Taught } from './batch';
import { joinMemories } from './memories';

const told = (shapes: Memory['shapes'], width: number): string =>
  `${shapes.map(([h, w]) => `${h} x ${w}`).join(', ')} of width ${width}`;

/**
 * Mean squared difference over all numbers that lie on an image; null where the teacher's memory is not taught.
 * @throws DetectorError `unsupported` where the two memories have other cells or another width
 */
export function memoryObjective({ tokens, shapes }: Memory, taught: readonly Taught[]): tf.Scalar | null {
  const known = taught.flatMap(({ memory }) => (memory ? [memory] : []));
  if (known.length !== taught.length) return null;
  const target = joinMemories(known);
  const [expected, got] = [told(shapes, tokens.shape[2]), told(target.shapes, target.tokens.shape[2])];
  if (expected !== got)
    throw new DetectorError(
      'unsupported',
      'distilMemory',
      `expected a teacher whose memory has the student's cells (${expected}), got ${got}`,
      'Set distilMemory to 0, or let the same model teach.',
    );
  const square = tf.square(tf.sub(tokens, target.tokens));
  if (!target.mask) return tf.mean(square) as tf.Scalar;
  const seen = tf.expandDims(target.mask, 2);
  return tf.div(tf.sum(tf.mul(square, seen)), tf.mul(tf.sum(seen), tokens.shape[2])) as tf.Scalar;
}
