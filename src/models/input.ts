/** A photo as a model's input tensor. */
import type * as tf from '@tensorflow/tfjs-core';
import { resizeToTensor, type ImageSource } from '../kernels/resize/op';
import { inputSize, type Preprocessing } from './preprocessing';

const pixelsOf = (image: ImageSource): { width: number; height: number } =>
  'displayWidth' in image ? { width: image.displayWidth, height: image.displayHeight } : image;

/** @returns [1,H,W,3] in the units of `preprocessing` */
export function inputOf(preprocessing: Preprocessing, image: ImageSource): tf.Tensor4D {
  const { rescale, mean, std } = preprocessing;
  const scale = { rescale, ...(mean && { mean }), ...(std && { std }) };
  return resizeToTensor(image, inputSize(preprocessing, pixelsOf(image)), scale);
}
