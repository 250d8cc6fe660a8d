/** A photo or a video frame as a model's input tensor. */
import type * as tf from '@tensorflow/tfjs-core';
import type { Normalisation } from '../kernels/resize/coefficients';
import type { ImageSource } from '../kernels/resize/device';
import { resizeInto, resizeToTensor } from '../kernels/resize/op';
import { DetectorError } from '../lib/errors';
import { inputSize, type Preprocessing } from './preprocessing';

/** Upright size in pixels; 0 where the image is closed. */
export const pixelsOf = (image: ImageSource): { width: number; height: number } => {
  const [width, height] =
    'displayWidth' in image ? [image.displayWidth, image.displayHeight] : [image.width, image.height];
  return { width, height };
};

const normalisationOf = ({ rescale, mean, std }: Preprocessing): Normalisation => ({
  rescale,
  ...(mean && { mean }),
  ...(std && { std }),
});

/** [height, width] of the input tensor for this image: which plan it needs. */
export const inputSizeOf = (preprocessing: Preprocessing, image: ImageSource): [number, number] =>
  inputSize(preprocessing, pixelsOf(image));

/** @returns [1,H,W,3] in the units of `preprocessing`, owned by the caller */
export function inputOf(preprocessing: Preprocessing, image: ImageSource): tf.Tensor4D {
  return resizeToTensor(image, inputSizeOf(preprocessing, image), normalisationOf(preprocessing));
}

/**
 * The same numbers as `inputOf` into a tensor that is there already, a recorded plan's input say; nothing is awaited.
 * Only on WebGPU.
 * @param into float32 [1,H,W,3], H and W of `inputSizeOf(preprocessing, image)`
 * @throws DetectorError `internal` for a tensor of another size or another backend, `image` as `inputOf`
 */
export function writeInput(preprocessing: Preprocessing, image: ImageSource, into: tf.Tensor4D): void {
  const wanted = inputSizeOf(preprocessing, image);
  if (into.shape[1] !== wanted[0] || into.shape[2] !== wanted[1]) {
    throw new DetectorError('internal', 'writeInput', `expected a tensor [1,${wanted},3], got [${into.shape}]`);
  }
  resizeInto(image, into, normalisationOf(preprocessing));
}
