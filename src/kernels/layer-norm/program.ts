/** The forward program of layer normalisation, see op.ts. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { entryOf, flatRows, runEachRow, type Rows } from '../rows/program';
import forwardSource from './forward.wgsl?raw';

export const FORWARD = 'StepLayerNorm';
/** Its own kernel, since TF.js's gradients do not know inputs that may be absent. */
export const FORWARD_WITH_RESIDUAL = 'StepLayerNormResidual';

/** @returns of x's shape */
export function forward(
  of: Rows,
  x: TensorInfo,
  weight: TensorInfo,
  bias: TensorInfo,
  residual?: TensorInfo,
): TensorInfo {
  const { rows, width } = of;
  const out = runEachRow(of, {
    name: residual ? FORWARD_WITH_RESIDUAL : FORWARD,
    source: entryOf(residual !== undefined) + forwardSource,
    inputs: { x: flatRows(of, x), ...(residual && { residual: flatRows(of, residual) }), weight, bias },
    shape: [rows, width],
  });
  return { ...out, shape: x.shape };
}
