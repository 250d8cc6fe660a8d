/** The epilogue's share of a program: constants, uniforms and inputs that epilogue.wgsl reads. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Program } from '../program';
import { ACTIVATIONS, type Activation } from './op';
import source from './epilogue.wgsl?raw';

export const EPILOGUE_SOURCE = source;

export interface EpilogueAttributes {
  activation: Activation;
  scale: number;
  shift: number;
}

export const NO_EPILOGUE: EpilogueAttributes = { activation: 'none', scale: 1, shift: 0 };

/** A tensor and the numbers of a vec it is bound with. */
export type Bound = readonly [tensor: TensorInfo, components: 1 | 2 | 4];

/**
 * @param channels O, the length of the last axis
 * @param inputs what the linear part reads
 * @returns the fields of a program that the two parts share; the linear part adds its own constants and uniforms
 */
export function withEpilogue(
  channels: number,
  inputs: Record<string, Bound>,
  { bias, residual }: { bias?: TensorInfo | undefined; residual?: TensorInfo | undefined },
  { activation, scale, shift }: EpilogueAttributes,
): Required<Pick<Program, 'inputs' | 'components' | 'constants' | 'uniforms'>> {
  const components = channels % 4 === 0 ? 4 : 1;
  const all: Record<string, Bound> = {
    ...inputs,
    ...(bias && { bias: [bias, components] as const }),
    ...(residual && { residual: [residual, components] as const }),
  };
  return {
    inputs: Object.fromEntries(Object.entries(all).map(([name, [tensor]]) => [name, tensor])),
    components: { output: components, inputs: Object.values(all).map(([, count]) => count) },
    constants: {
      ALIGNED: components === 4,
      BIAS: bias !== undefined,
      RESIDUAL: residual !== undefined,
      ...Object.fromEntries(ACTIVATIONS.map((name) => [name.toUpperCase(), name === activation])),
    },
    uniforms: { channels: { i32: [channels] }, scale: { f32: [scale] }, shift: { f32: [shift] } },
  };
}
