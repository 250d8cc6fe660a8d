/**
 * Which queries of an image its rollouts sample. Most of a detector's queries stand for nothing, earn nothing and would only be
 * noise for the others: sampled are those that stand for a label in some layer of the path without noise, then the surest ones.
 *
 * K decoder layers, B images, Q queries, E of them sampled.
 */
import type { Match, SetPrediction } from '../lib/set-prediction';
import { surest } from '../rl/rewards';

export interface Choice {
  /** E, the same for all images. */
  count: number;
  /** [B,E] indices into Q, ascending in each image. */
  queries: Int32Array<ArrayBuffer>;
  /** [B,Q-E] those that are left, ascending. */
  others: Int32Array<ArrayBuffer>;
}

/**
 * How many are sampled: where an image needs more than are wanted, more in steps of a third of that, since their number decides the
 * sizes of a step's work and few sizes can be prepared for.
 * @param standing queries that stand for a label, of each image
 */
function countOf(standing: readonly number[], wanted: number): number {
  const [most, step] = [Math.max(...standing), Math.ceil(wanted / 3)];
  return wanted + Math.max(0, Math.ceil((most - wanted) / step)) * step;
}

/** Every query's highest score in any layer; those that stand for a label come before all others. */
function ranks(layers: readonly SetPrediction[], matches: readonly Match[]): Float64Array {
  const best = new Float64Array(layers[0]!.queries);
  for (const prediction of layers)
    surest(prediction).score.forEach((score, q) => (best[q] = Math.max(best[q]!, score)));
  for (const query of new Set(matches.flatMap(({ queries }) => [...queries]))) best[query]! += 1;
  return best;
}

/**
 * @param predictions @param matches [K][B] of the path without noise
 * @param wanted E; more where an image has more queries that stand for a label
 * @returns null where that is all queries, and for 0
 */
export function chooseExplored(
  predictions: readonly (readonly SetPrediction[])[],
  matches: readonly (readonly Match[])[],
  wanted: number,
): Choice | null {
  if (wanted === 0) return null;
  const { queries } = predictions[0]![0]!;
  const images = predictions[0]!.map((_, image) => ({
    layers: predictions.map((layer) => layer[image]!),
    pairs: matches.map((layer) => layer[image]!),
  }));
  const standing = images.map(({ pairs }) => new Set(pairs.flatMap((match) => [...match.queries])).size);
  const count = countOf(standing, wanted);
  if (count >= queries) return null;
  const choice = {
    count,
    queries: new Int32Array(images.length * count),
    others: new Int32Array(images.length * (queries - count)),
  };
  images.forEach(({ layers, pairs }, image) => {
    const rank = ranks(layers, pairs);
    const order = Int32Array.from(rank, (_, q) => q).sort((a, b) => rank[b]! - rank[a]! || a - b);
    choice.queries.set(order.slice(0, count).sort(), image * count);
    choice.others.set(order.slice(count).sort(), image * (queries - count));
  });
  return choice;
}

/**
 * A rollout's predictions of all queries: its own of those that it sampled, the path's of the others.
 * @param path of the rollout's image and layer
 * @param sampled of the image's `queries`, in their order
 * @param queries [E] indices into Q
 */
export function withPath(path: SetPrediction, sampled: SetPrediction, queries: Int32Array): SetPrediction {
  const { columns } = path;
  const whole = { ...path, logits: path.logits.slice(), boxes: path.boxes.slice() };
  queries.forEach((query, at) => {
    whole.logits.set(sampled.logits.subarray(at * columns, (at + 1) * columns), query * columns);
    whole.boxes.set(sampled.boxes.subarray(at * 4, (at + 1) * 4), query * 4);
  });
  return whole;
}

/** [R,K,E] of [R,K,Q] numbers: those of the sampled queries. @param rollouts G */
export function ofExplored(
  values: Float32Array,
  { count, queries, others }: Choice,
  { layers, rollouts }: { layers: number; rollouts: number },
): Float32Array {
  const all = count + (others.length * count) / queries.length;
  return Float32Array.from({ length: (values.length / all) * count }, (_, i) => {
    const [rowLayer, at] = [Math.floor(i / count), i % count];
    const image = Math.floor(rowLayer / (layers * rollouts));
    return values[rowLayer * all + queries[image * count + at]!]!;
  });
}
