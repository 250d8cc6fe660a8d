/**
 * StepDETR's two encoders (../shared/reference/stepdetr.py: Encoder, PatchEncoder), channels last.
 *
 * B batch, h x w cells at stride 32, D width, N memory tokens.
 */
import * as tf from '@tensorflow/tfjs-core';
import { scoped } from '../../kernels/scope';
import { upsampleAdd } from '../../kernels/upsample-add/op';
import { chain } from '../../nn/chain';
import type { LevelShape } from '../../nn/geometry';
import { attention, convolution, linear, rmsNorm, swiglu } from '../../nn/layers';
import type { Parameters } from '../../nn/parameters';
import type { Memory } from '../detector';
import type { StepDetrConfig } from './config';

/** Self-attention whose keys and values come from one narrow latent (multi-head latent attention, DeepSeek-V2 section 2.1). */
function latentAttention(
  p: Parameters,
  name: string,
  x: tf.Tensor3D,
  heads: number,
  residual: tf.Tensor3D,
): tf.Tensor3D {
  const latent = rmsNorm(p, `${name}.latent_norm.weight`, linear(p, `${name}.compress`, x));
  const [q, k, v] = [
    linear(p, `${name}.query`, x),
    linear(p, `${name}.key`, latent),
    linear(p, `${name}.value`, latent),
  ];
  return linear(p, `${name}.out`, attention(q, k, v, heads), { residual });
}

function encoderBlock(p: Parameters, name: string, x: tf.Tensor3D, heads: number): tf.Tensor3D {
  const y = latentAttention(p, `${name}.attention`, rmsNorm(p, `${name}.attention_norm.weight`, x), heads, x);
  return swiglu(p, `${name}.ffn.gate_up`, `${name}.ffn.down`, rmsNorm(p, `${name}.ffn_norm.weight`, y), y);
}

function encoderBlocks(p: Parameters, c: StepDetrConfig, x: tf.Tensor3D): tf.Tensor3D {
  const block = (y: tf.Tensor3D, i: number): tf.Tensor3D => encoderBlock(p, `encoder.blocks.${i}`, y, c.heads);
  const blocks = Array.from(
    { length: c.encoderBlocks },
    (_, i) => (y: tf.Tensor3D) => scoped(`layer ${i + 1}`, () => block(y, i)),
  );
  return chain(x, blocks);
}

/** x + conv3x3(silu(rmsnorm(x))); with stride 2 there is no residual. */
function convBlock(
  p: Parameters,
  name: string,
  x: tf.Tensor4D,
  { stride = 1, residual }: { stride?: number; residual?: tf.Tensor4D } = {},
): tf.Tensor4D {
  const normed = rmsNorm(p, `${name}.norm.weight`, x);
  const active = tf.mul(normed, tf.sigmoid(normed)) as tf.Tensor4D;
  return convolution(p, `${name}.conv`, active, residual ? { stride, residual } : { stride });
}

const tokens = (x: tf.Tensor4D): tf.Tensor3D => tf.reshape(x, [x.shape[0], x.shape[1] * x.shape[2], x.shape[3]]);
const cells = (x: tf.Tensor3D, [h, w]: LevelShape): tf.Tensor4D => tf.reshape(x, [x.shape[0], h, w, x.shape[2]]);

function memoryOf(p: Parameters, x16: tf.Tensor4D, x32: tf.Tensor4D): Memory {
  return {
    tokens: rmsNorm(p, 'encoder.norm.weight', tf.concat([tokens(x16), tokens(x32)], 1)),
    shapes: [x16, x32].map(({ shape }) => [shape[1], shape[2]] as const),
  };
}

/**
 * @param c16 [B,2h,2w,88]
 * @param c32 [B,h,w,480]
 * @param positions [1,h*w,D] sine positions of the stride-32 cells
 */
export function encodeFeatures(
  p: Parameters,
  c: StepDetrConfig,
  c16: tf.Tensor4D,
  c32: tf.Tensor4D,
  positions: tf.Tensor3D,
): Memory {
  const shape: LevelShape = [c32.shape[1], c32.shape[2]];
  const project = (): tf.Tensor3D => tf.add(linear(p, 'encoder.project32', tokens(c32)), positions);
  const x32 = cells(encoderBlocks(p, c, scoped('projection', project)), shape);
  return scoped('fusion', () => {
    const x16 = ['encoder.fuse16.0', 'encoder.fuse16.1'].reduce(
      (y, name) => convBlock(p, name, y, { residual: y }),
      upsampleAdd(linear(p, 'encoder.project16', c16), x32),
    );
    const down = tf.add(x32, convBlock(p, 'encoder.down', x16, { stride: 2 })) as tf.Tensor4D;
    return memoryOf(p, x16, convBlock(p, 'encoder.fuse32', down, { residual: down }));
  });
}

/**
 * @param image [B,S,S,3] in 0..1
 * @param positions [1,(S/16)^2,D] sine positions of the patches
 */
export function encodePatches(p: Parameters, c: StepDetrConfig, image: tf.Tensor4D, positions: tf.Tensor3D): Memory {
  const none = { top: 0, bottom: 0, left: 0, right: 0 };
  const patches = scoped('projection', () =>
    convolution(p, 'encoder.project', image, { stride: c.patch, padding: none }),
  );
  const x = encoderBlocks(p, c, tf.add(tokens(patches), positions));
  const x16 = cells(x, [patches.shape[1], patches.shape[2]]);
  return scoped('fusion', () => {
    const down = convBlock(p, 'encoder.down', x16, { stride: 2 });
    return memoryOf(p, x16, convBlock(p, 'encoder.fuse32', down, { residual: down }));
  });
}
