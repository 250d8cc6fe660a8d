/**
 * The forward pass of a ResNet (see config.ts).
 *
 * B batch, H x W cells, C channels.
 */
import * as tf from '@tensorflow/tfjs-core';
import { scoped } from '../../kernels/scope';
import { chain } from '../chain';
import { convolution, type ConvolutionOptions } from '../layers';
import type { Parameters } from '../parameters';
import type { ResNetConfig } from './config';
import { planOf, type Block, type Unit } from './plan';

function runUnit(p: Parameters, { name, stride, dilation }: Unit, x: tf.Tensor4D, options: ConvolutionOptions = {}) {
  return convolution(p, name, x, { stride, dilation, ...options });
}

/** x with its last row and column once more where their number is odd: means of 2x2 cells then are those of the cells there are. */
function evened(x: tf.Tensor4D): tf.Tensor4D {
  return [1, 2].reduce((y, axis) => {
    const length = y.shape[axis]!;
    if (length % 2 === 0) return y;
    const begin = [0, 0, 0, 0].map((_, at) => (at === axis ? length - 1 : 0)) as [number, number, number, number];
    return tf.concat([y, tf.slice(y, begin, [-1, -1, -1, -1])], axis);
  }, x);
}

function runBlock(p: Parameters, { units, shortcut }: Block, x: tf.Tensor4D): tf.Tensor4D {
  const pooled = shortcut?.pooled ? tf.avgPool(evened(x), 2, 2, 'valid') : x;
  const residual = shortcut ? runUnit(p, shortcut, pooled) : x;
  const last = units.length - 1;
  const sum = units.reduce((y, unit, at) => runUnit(p, unit, y, at < last ? { activation: 'relu' } : { residual }), x);
  return tf.relu(sum);
}

/**
 * @param image [B,H,W,3], normalised as the checkpoint wants it
 * @returns features [B,H',W',C] of the stages in `c.out`, in their order; H' is H halved as often as the stage asks, rounded up
 */
export function runResNet(p: Parameters, c: ResNetConfig, image: tf.Tensor4D): tf.Tensor4D[] {
  const { stem, stages } = planOf(c);
  const embedding = stem.map((unit) => (x: tf.Tensor4D) => runUnit(p, unit, x, { activation: 'relu' }));
  // its input is not negative, so what pads it changes no maximum
  const entered = scoped('stem', () => chain(image, [...embedding, (x) => tf.maxPool(x, 3, 2, 1)]));
  const features: tf.Tensor4D[] = [];
  let x = entered;
  for (const blocks of stages.slice(0, Math.max(...c.out) + 1)) {
    const steps = blocks.map((block) => (y: tf.Tensor4D) => runBlock(p, block, y));
    x = scoped(`stage ${features.length + 1}`, () => chain(x, steps));
    features.push(x);
  }
  return c.out.map((stage) => features[stage]!);
}
