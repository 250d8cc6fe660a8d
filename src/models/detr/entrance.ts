/**
 * From pixels to what the transformer encoder reads: the backbone's last map, projected to the encoder's width.
 *
 * B batch, H x W pixels, h x w cells, N = h w, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import { scoped } from '../../kernels/scope';
import { untraced } from '../../kernels/untraced';
import { convolution } from '../../nn/layers';
import type { Parameters } from '../../nn/parameters';
import type { ResNetConfig } from '../../nn/resnet/config';
import { runResNet } from '../../nn/resnet/run';
import type { EncodeOptions, Memory } from '../detector';
import { cellMask } from './mask';
import { PROJECTION } from './parameters';

/** A memory before the encoder. */
export type Entered = Omit<Memory, 'values'>;

/**
 * Run inside tf.tidy.
 * @param image [B,H,W,3], normalised
 */
export function enter(
  p: Parameters,
  backbone: ResNetConfig,
  image: tf.Tensor4D,
  { mask, backbone: traced = false }: EncodeOptions,
): Entered {
  const run = (): tf.Tensor4D => scoped('backbone', () => runResNet(p, backbone, image)[0]!);
  const feature = traced ? run() : untraced(run);
  const map = scoped('encoder/projection', () => convolution(p, PROJECTION, feature));
  const [batch, h, w, width] = map.shape;
  const tokens = tf.reshape(map, [batch, h * w, width]) as tf.Tensor3D;
  return { tokens, shapes: [[h, w]], ...(mask ? cellMask(mask, [h, w]) : {}) };
}
