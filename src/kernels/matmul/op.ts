/**
 * Matrix products. Our kernel also takes over TF.js's own 'BatchMatMul' and '_FusedMatMul' on WebGPU, so that tf.matMul,
 * tf.fused.matMul and every gradient made of them run on it.
 *
 * B batch, M rows, K inner length, N columns; of a linear layer: I input width, O output width.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { applyEpilogue, isTraced, type Activation, type Epilogue } from '../epilogue/op';
import { NO_EPILOGUE, type EpilogueAttributes } from '../epilogue/program';
import { isPacked, widened } from '../halves/op';
import { replaceKernel } from '../replace';
import { untraced } from '../untraced';
import { productSize, runProduct } from './program';
import { registerMatMulVariants } from './tunable';

const LINEAR = 'StepLinear';

/**
 * activation(x weight + bias) * scale + shift + residual.
 * @param x [..., I]
 * @param weight [I,O]; or packed halves of it (../halves/op.ts), which get no gradient
 * @param options bias [O], residual [..., O]
 * @returns [..., O]; gradients to x, weight, bias and residual
 * @throws Error when a shape does not fit
 */
export function linear(x: tf.Tensor, weight: tf.Tensor2D, options: Epilogue = {}): tf.Tensor {
  const packed = isPacked(weight);
  const input = weight.shape[0];
  const output = packed ? 2 * weight.shape[1] : weight.shape[1];
  const shape = [...x.shape.slice(0, -1), output];
  const { bias, residual } = options;
  if (x.shape[x.rank - 1] !== input) {
    throw new Error(`linear: expected x [..., ${input}] for weight [${input},${output}], got [${x.shape}]`);
  }
  if (bias && (bias.rank !== 1 || bias.shape[0] !== output)) {
    throw new Error(`linear: expected bias [${output}], got [${bias.shape}]`);
  }
  if (residual && residual.shape.join() !== shape.join()) {
    throw new Error(`linear: expected residual [${shape}], got [${residual.shape}]`);
  }
  return tf.tidy(() => {
    const rows = tf.reshape(x, [x.size / input, input]);
    if (tf.getBackend() !== 'webgpu' || isTraced()) {
      const whole = packed ? untraced(() => widened(weight)) : weight;
      return applyEpilogue(tf.reshape(tf.matMul(rows, whole), shape), options);
    }
    const { activation = 'none', scale = 1, shift = 0 } = options;
    const inputs = { a: rows, b: weight, ...(bias && { bias }), ...(residual && { residual }) };
    return tf.reshape(tf.engine().runKernel(LINEAR, inputs, { activation, scale, shift }) as tf.Tensor, shape);
  });
}

/**
 * a b over the last two axes; a transposed operand is read in place.
 * @param a [..., M,K], or [..., K,M] when transposeA
 * @param b [..., K,N], or [..., N,K] when transposeB; leading axes equal to a's, or of product 1 in one of the two
 * @returns [..., M,N]; gradients to both, where one of the two has leading axes of product 1 only if that is b, untransposed a
 * @throws Error when the shapes do not fit
 */
export function matMul(a: tf.Tensor, b: tf.Tensor, transposeA = false, transposeB = false): tf.Tensor {
  const size = productSize(a.shape, b.shape, transposeA, transposeB);
  if (typeof size === 'string') throw new Error(`matMul: ${size}`);
  const { matrices, rows, inner, outShape } = size;
  if (matrices[0] === matrices[1] || matrices[1] !== 1 || transposeA) return tf.matMul(a, b, transposeA, transposeB);
  // one matrix for all: their rows are one long matrix, and TF.js's gradient of unequal batches fails
  return tf.tidy(() => {
    const flat = tf.reshape(a, [matrices[0] * rows, inner]);
    const one = tf.reshape(b, b.shape.slice(-2));
    return tf.reshape(tf.matMul(flat, one, false, transposeB), outShape);
  });
}

interface ProductAttributes {
  transposeA: boolean;
  transposeB: boolean;
}

const FUSED_ACTIVATIONS: Record<string, Activation> = {
  linear: 'none',
  relu: 'relu',
  relu6: 'relu6',
  sigmoid: 'sigmoid',
};

/** Our program for TF.js's arguments, or null where it does not cover them. */
function tryProduct(
  backend: WebGPUBackend,
  inputs: tf.NamedTensorInfoMap,
  { transposeA, transposeB }: ProductAttributes,
  activation: Activation | undefined,
): tf.TensorInfo | null {
  const { a, b, bias, preluActivationWeights } = inputs as Record<string, tf.TensorInfo | undefined>;
  if (!a || !b || preluActivationWeights || !activation || (transposeA && transposeB)) return null;
  if (a.dtype !== 'float32' || b.dtype !== 'float32') return null;
  const size = productSize(a.shape, b.shape, transposeA, transposeB);
  if (typeof size === 'string' || size.inner === 0) return null;
  if (bias && tf.util.sizeFromShape(bias.shape) !== size.columns) return null;
  const product = { a, b, transposeA, transposeB, ...(bias && { bias }) };
  return runProduct(backend, product, size, { ...NO_EPILOGUE, activation });
}

export function registerMatMul(): void {
  registerMatMulVariants();
  tf.registerKernel({
    kernelName: LINEAR,
    backendName: 'webgpu',
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { a, b, bias, residual } = inputs as {
        a: tf.TensorInfo;
        b: tf.TensorInfo;
        bias?: tf.TensorInfo;
        residual?: tf.TensorInfo;
      };
      const whole = isPacked(b) ? [b.shape[0]!, 2 * b.shape[1]!] : b.shape;
      const size = productSize(a.shape, whole, false, false);
      if (typeof size === 'string') throw new Error(`${LINEAR}: ${size}`);
      const product = { a, b, transposeA: false, transposeB: false, bias, residual };
      return runProduct(backend as WebGPUBackend, product, size, attrs as unknown as EpilogueAttributes);
    },
  });
  replaceKernel('BatchMatMul', (backend, inputs, attributes) =>
    tryProduct(backend, inputs, attributes as unknown as ProductAttributes, 'none'),
  );
  replaceKernel('_FusedMatMul', (backend, inputs, attributes) =>
    tryProduct(
      backend,
      inputs,
      attributes as unknown as ProductAttributes,
      FUSED_ACTIVATIONS[(attributes['activation'] as string | undefined) ?? 'linear'],
    ),
  );
}
