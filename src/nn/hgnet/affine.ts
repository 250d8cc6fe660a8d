/**
 * Learnable affine blocks, x * scale + bias with one number each, behind HGNetV2's ReLUs. As plain numbers they ride in the
 * uniforms of the convolution before them; for their gradients, and once they have been trained, they are tensors.
 */
import * as tf from '@tensorflow/tfjs-core';
import { isTraced } from '../../kernels/epilogue/op';
import type { TensorSource } from '../../lib/tensor-source';
import type { Parameters } from '../parameters';
import type { HgnetConfig } from './config';
import { affineNames } from './rules';

interface Block {
  /** The parameters whose numbers these are: another tensor in the place of one has been trained. */
  of: { scale: tf.Tensor; bias: tf.Tensor };
  scale: number;
  shift: number;
}

/** By the name of the layer that the block belongs to. */
export type AffineBlocks = ReadonlyMap<string, Block>;

/** @param source that `p` was loaded from */
export function readAffineBlocks(c: HgnetConfig, p: Parameters, source: TensorSource): AffineBlocks {
  return new Map(
    affineNames(c).map((name) => [
      name,
      {
        of: { scale: p.get(`${name}.lab.scale`), bias: p.get(`${name}.lab.bias`) },
        scale: source.float32(`${name}.lab.scale`)[0]!,
        shift: source.float32(`${name}.lab.bias`)[0]!,
      },
    ]),
  );
}

/**
 * A layer's convolution with ReLU and, where it has one, its affine block behind it.
 * @param residual of the output's shape, added last
 * @param convolve runs the layer's convolution with these options
 */
export function activated(
  p: Parameters,
  affine: AffineBlocks,
  name: string,
  residual: tf.Tensor4D | undefined,
  convolve: (options: { activation: 'relu'; scale?: number; shift?: number; residual?: tf.Tensor4D }) => tf.Tensor4D,
): tf.Tensor4D {
  const block = affine.get(name);
  const added = residual ? { residual } : {};
  if (!block) return convolve({ activation: 'relu', ...added });
  const [scale, bias] = [p.get(`${name}.lab.scale`), p.get(`${name}.lab.bias`)];
  if (!isTraced() && scale === block.of.scale && bias === block.of.bias)
    return convolve({ activation: 'relu', scale: block.scale, shift: block.shift, ...added });
  const moved = tf.add(tf.mul(convolve({ activation: 'relu' }), scale), bias) as tf.Tensor4D;
  return residual ? tf.add(moved, residual) : moved;
}
