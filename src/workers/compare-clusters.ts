/**
 * One image through the exact encoder and through clusters, and how far apart the answers are.
 *
 * B = 1 image, N memory tokens, D width, Q queries, C class columns.
 */
import * as tf from '@tensorflow/tfjs-core';
import { apart, sharedRows, takeRows, type ClusterComparison, type ClusterSettings } from '../lib/clusters';
import { DetectorError } from '../lib/errors';
import type { Detector, EncoderClusters } from '../models/detector';
import { disposeMemory, encodeImage } from '../models/encode-image';
import { inputOf } from '../models/input';
import type { Frame } from './protocol';

interface Answer {
  /** [N,D] */
  tokens: Float32Array;
  /** [Q,C] and [Q,4] of the last layer. */
  logits: Float32Array;
  boxes: Float32Array;
  /** [Q] memory tokens that the queries stand for; null where queries are learned. */
  topk: ArrayLike<number> | null;
  layers: EncoderClusters[];
  ms: number;
}

async function answerOf(detector: Detector, input: tf.Tensor4D, settings: ClusterSettings | null): Promise<Answer> {
  const start = performance.now();
  const { memory, layers } = await encodeImage(detector, input, settings);
  const [logits, boxes, topk] = tf.tidy(() => {
    const trace = detector.decode(memory);
    const last = trace.layers.at(-1)!;
    return [last.logits, last.boxes, ...(trace.topk ? [trace.topk] : [])];
  }) as [tf.Tensor, tf.Tensor, tf.Tensor?];
  const read = async (tensor: tf.Tensor): Promise<Float32Array> => (await tensor.data()) as Float32Array;
  const answered = { logits: await read(logits), boxes: await read(boxes), topk: topk ? await read(topk) : null };
  const ms = performance.now() - start;
  const tokens = await read(memory.tokens);
  disposeMemory(memory);
  tf.dispose([logits, boxes, ...(topk ? [topk] : [])]);
  return { ...answered, tokens, layers, ms };
}

/** Models whose kernels for this have been compiled, which would count as time otherwise. */
const warm = new WeakSet<Detector>();

/**
 * Leaves no tensor behind.
 * @param model its id
 * @throws DetectorError `unsupported` for a model without a dense encoder
 */
export async function compareClusters(
  detector: Detector,
  model: string,
  image: Frame,
  settings: ClusterSettings,
): Promise<ClusterComparison> {
  if (!detector.encodeClustered)
    throw new DetectorError('unsupported', model, 'expected a model with dense attention in its encoder, it has none');
  const input = inputOf(detector.preprocessing, image);
  try {
    if (!warm.has(detector)) {
      await answerOf(detector, input, null);
      await answerOf(detector, input, settings);
      warm.add(detector);
    }
    const exact = await answerOf(detector, input, null);
    const clustered = await answerOf(detector, input, settings);
    return compared(exact, clustered, { model, settings, queries: detector.queries });
  } finally {
    input.dispose();
  }
}

function compared(
  exact: Answer,
  clustered: Answer,
  facts: Pick<ClusterComparison, 'model' | 'settings' | 'queries'>,
): ClusterComparison {
  const pairs = sharedRows(exact.topk, clustered.topk, facts.queries);
  const rowsApart = (name: 'logits' | 'boxes'): ClusterComparison['boxes'] => {
    const width = exact[name].length / facts.queries;
    const rows = (answer: Answer, side: 0 | 1): Float32Array =>
      takeRows(
        answer[name],
        pairs.map((pair) => pair[side]),
        width,
      );
    return apart(rows(clustered, 1), rows(exact, 0));
  };
  return {
    ...facts,
    layers: clustered.layers.map(({ images, flops, shape }) => {
      const { tokens, clusters, of } = images[0]!;
      return { prototypes: clusters, tokens, flops, shape, of };
    }),
    memory: apart(clustered.tokens, exact.tokens),
    logits: rowsApart('logits'),
    boxes: rowsApart('boxes'),
    compared: pairs.length,
    ms: { exact: exact.ms, clustered: clustered.ms },
  };
}
