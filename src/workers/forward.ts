/** One image through a model: resize, forward pass, one read-back, post-processing. Leaves no tensor behind. */
import * as tf from '@tensorflow/tfjs-core';
import type { ImageSource } from '../kernels/resize/device';
import { readable } from '../kernels/resize/frames';
import type { ClusterSettings, ImageClustering } from '../lib/clusters';
import type { ImageDetections, StageTimes } from '../lib/types';
import type { Detector, EncoderClusters, Trace } from '../models/detector';
import { disposeMemory, encodeImage } from '../models/encode-image';
import type { ForwardPlans } from '../models/forward-plans';
import { inputOf, inputSizeOf, writeInput } from '../models/input';
import { packAnswers, unpackAnswers } from '../models/postprocess';

/** One image's answers as numbers, and how long they took. */
export interface Ran {
  layers: ImageDetections['layers'];
  /** `model` counts the wait for a frame that was before it on the GPU. */
  ms: Omit<StageTimes, 'decode'>;
  clusters: ImageClustering | null;
}

/**
 * By the plan for the image's size: TF.js does nothing.
 * @param handed told when the image is read and the GPU has its commands: another image may come
 */
export async function runPlan(
  detector: Detector,
  plans: ForwardPlans,
  image: ImageSource,
  handed: () => void,
): Promise<Ran> {
  const { preprocessing } = detector;
  const marks = [performance.now()];
  const pixels = await readable(image);
  // From here to the reading nothing may be awaited: another image would come in between.
  const plan = plans.of(inputSizeOf(preprocessing, pixels));
  writeInput(preprocessing, pixels, plan.input);
  marks.push(performance.now());
  const reading = plan.read();
  handed();
  const values = await reading;
  marks.push(performance.now());
  return ranOf(detector, values, plan.layers, marks, null);
}

/**
 * By TF.js.
 * @param settings of the clusters in the encoder's place; null: exact
 * @param settle waits for the GPU
 */
export async function runPlainly(
  detector: Detector,
  image: ImageSource,
  settings: ClusterSettings | null,
  settle: () => Promise<void>,
): Promise<Ran> {
  const marks = [performance.now()];
  const input = inputOf(detector.preprocessing, await readable(image));
  let packed: tf.Tensor | undefined;
  try {
    await settle();
    marks.push(performance.now());
    let trace: Trace['layers'] = [];
    const { memory, layers: clustered } = await encodeImage(detector, input, settings);
    packed = tf.tidy(() => {
      const full = detector.decode(memory);
      trace = full.layers;
      return packAnswers(full, detector.scoring);
    });
    disposeMemory(memory);
    const values = (await packed.data()) as Float32Array;
    marks.push(performance.now());
    return ranOf(detector, values, trace, marks, clusteringOf(settings, clustered));
  } finally {
    input.dispose();
    packed?.dispose();
  }
}

/** @param marks when the work began, when its input stood, when its numbers were there */
function ranOf(
  { classes, queries, scoring }: Detector,
  values: Float32Array,
  trace: Trace['layers'],
  marks: readonly number[],
  clusters: ImageClustering | null,
): Ran {
  const layers = unpackAnswers(values, trace, { classes: classes.length, queries, scoring });
  const [begun, resized, read] = marks as [number, number, number];
  const ms = { resize: resized - begun, model: read - resized, post: performance.now() - read };
  return { layers, ms, clusters };
}

/** Null where the encoder was exact. */
function clusteringOf(settings: ClusterSettings | null, layers: readonly EncoderClusters[]): ImageClustering | null {
  if (!settings || layers.length === 0) return null;
  const plain = layers.map(({ images, flops }) => {
    const { clusters, tokens } = images[0]!;
    return { prototypes: clusters, tokens, flops };
  });
  return { settings, layers: plain };
}
