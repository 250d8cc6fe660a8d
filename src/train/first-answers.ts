/** What a model says of the labelled images before a run: the last layer's answers for the images as they are. */
import * as tf from '@tensorflow/tfjs-core';
import { decodeImage } from '../data/images/decode';
import type { SetPrediction } from '../lib/set-prediction';
import type { ImageLabels, TrainingImage } from '../lib/training';
import type { Detector } from '../models/detector';
import { inputOf } from '../models/input';
import type { TakeTurn } from './held-out';
import { readPredictions } from './predictions';

/** A forward pass each: more say the same. */
const MOST_IMAGES = 64;
const MOST_SIDE = 1536;

/** The last layer's answer for one image. */
async function answerOf(detector: Detector, bitmap: ImageBitmap): Promise<SetPrediction> {
  const input = inputOf(detector.preprocessing, bitmap);
  const [logits, boxes] = tf.tidy(() => {
    const last = detector.decode(detector.encode(input)).layers.at(-1)!;
    return [last.logits, last.boxes];
  }) as [tf.Tensor3D, tf.Tensor3D];
  const [[read]] = (await readPredictions([{ logits, boxes }], detector.scoring)) as [[SetPrediction]];
  tf.dispose([input, logits, boxes]);
  return read;
}

/**
 * @param detector before the run
 * @param images those without labels are passed over
 * @throws DetectorError `image` for one that cannot be decoded
 */
export async function eachAnswer(
  detector: Detector,
  images: readonly TrainingImage[],
  turn: TakeTurn,
  use: (prediction: SetPrediction, labels: ImageLabels) => void,
): Promise<void> {
  for (const { file, name, labels } of images.filter(({ labels }) => labels !== null).slice(0, MOST_IMAGES)) {
    const { bitmap } = await decodeImage(file, name, { maxSide: MOST_SIDE });
    const prediction = await turn(() => answerOf(detector, bitmap)).finally(() => bitmap.close());
    use(prediction, labels!);
  }
}
