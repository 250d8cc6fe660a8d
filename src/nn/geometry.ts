/**
 * Positions, anchors and box arithmetic.
 *
 * B batch, Q queries, N tokens of all levels, h x w cells of a level, D width.
 */
import * as tf from '@tensorflow/tfjs-core';

export type LevelShape = readonly [height: number, width: number];

/** torch's inverse_sigmoid with this epsilon on both sides, as every DETR that refines boxes has it. */
const LOGIT_EPSILON = 1e-5;

/** log(x / (1 - x)) of x [B,Q,n] clamped to [1e-5, 1 - 1e-5]. */
function inverseSigmoid(x: tf.Tensor3D): tf.Tensor3D {
  const clamped = tf.clipByValue(x, LOGIT_EPSILON, 1 - LOGIT_EPSILON);
  return tf.log(tf.div(clamped, tf.sub(1, clamped)) as tf.Tensor3D);
}

/** sigmoid(inverse_sigmoid(boxes) + moved): boxes [B,Q,4] moved in logit space. */
export function refineBoxes(boxes: tf.Tensor3D, moved: tf.Tensor3D): tf.Tensor3D {
  return tf.sigmoid(tf.add(inverseSigmoid(boxes), moved) as tf.Tensor3D);
}

/** The same for points [B,Q,2] (x, y), whose width and height are the move's alone; moved [B,Q,4]. */
export function refinePoints(points: tf.Tensor3D, moved: tf.Tensor3D): tf.Tensor3D {
  const [centre, size] = tf.split(moved, 2, 2) as [tf.Tensor3D, tf.Tensor3D];
  const placed: tf.Tensor3D = tf.add(inverseSigmoid(points), centre);
  return tf.sigmoid(tf.concat([placed, size], 2));
}

function logit(p: number): number {
  const clamped = Math.min(Math.max(p, LOGIT_EPSILON), 1 - LOGIT_EPSILON);
  return Math.log(clamped / (1 - clamped));
}

/**
 * Sine position of every cell [h*w, D]: sin x, cos x, sin y, cos y with wavelengths 2 pi .. 2 pi 10000 cells (DETR, appendix A.4).
 * In JavaScript, since SwiftShader's sine is off by 2e-4 at large arguments.
 * @param width D, a multiple of 4
 */
export function sinePositions([height, width_]: LevelShape, width: number): Float32Array {
  const quarter = width / 4;
  const out = new Float32Array(height * width_ * width);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width_; x++)
      for (let i = 0; i < quarter; i++) {
        // float32 throughout, as the reference computes it
        const omega = Math.fround(1 / Math.fround(10000 ** Math.fround(i / quarter)));
        const at = (y * width_ + x) * width + i;
        const ax = Math.fround(x * omega);
        const ay = Math.fround(y * omega);
        out[at] = Math.sin(ax);
        out[at + quarter] = Math.cos(ax);
        out[at + 2 * quarter] = Math.sin(ay);
        out[at + 3 * quarter] = Math.cos(ay);
      }
  return out;
}

/**
 * Anchor logits [N,4] (cxcywh): a square of `sizes[level]` of the image centred on each cell (RT-DETR, arXiv 2304.08069, section 4.3).
 */
export function anchorLogits(shapes: readonly LevelShape[], sizes: readonly number[]): Float32Array {
  const out: number[] = [];
  shapes.forEach(([height, width], level) => {
    const size = logit(sizes[level]!);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) out.push(logit((x + 0.5) / width), logit((y + 0.5) / height), size, size);
  });
  return Float32Array.from(out);
}
