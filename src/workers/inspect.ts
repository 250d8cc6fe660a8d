/** What one query looked at: a forward pass that keeps it, and one read-back of only that query's part. */
import * as tf from '@tensorflow/tfjs-core';
import type { ClusterSettings } from '../lib/clusters';
import { DetectorError } from '../lib/errors';
import type { QueryViews } from '../lib/query-views';
import type { Detector } from '../models/detector';
import { disposeMemory, encodeImage } from '../models/encode-image';
import { inputOf } from '../models/input';
import type { Frame } from './protocol';
import { Pack, packQuery } from './query-pack';

/**
 * Leaves no tensor behind.
 * @param model its id
 * @param clusters in the place of the encoder's attention; null: exact
 * @throws DetectorError `unsupported` when the model has no such query
 */
export async function inspectQuery(
  detector: Detector,
  model: string,
  image: Frame,
  query: number,
  clusters: ClusterSettings | null,
): Promise<QueryViews> {
  if (!(Number.isInteger(query) && query >= 0 && query < detector.queries)) {
    throw new DetectorError('unsupported', `query ${query}`, `expected a query from 0 to ${detector.queries - 1}`);
  }
  const input = inputOf(detector.preprocessing, image);
  const pack = new Pack();
  let packed: tf.Tensor1D | undefined;
  try {
    let read!: () => QueryViews;
    const { memory } = await encodeImage(detector, input, clusters);
    packed = tf.tidy(() => {
      const trace = detector.decode(memory, { dense: true, views: true });
      read = packQuery(pack, trace, { model, scoring: detector.scoring, query });
      return pack.tensor();
    });
    disposeMemory(memory);
    pack.fill((await packed.data()) as Float32Array);
    return read();
  } finally {
    input.dispose();
    packed?.dispose();
  }
}
