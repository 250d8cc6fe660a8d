/**
 * What an encoder said of one image, kept outside the device, and several of them as one batch again.
 *
 * B images, N memory tokens of all levels, D width, h x w cells of a level.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Memory } from '../models/detector';
import type { LevelShape } from '../nn/geometry';

/** One image's memory, without padding. */
export interface KeptMemory {
  /** [N,D] packed. */
  tokens: Float32Array;
  shapes: readonly LevelShape[];
}

const cells = (shapes: readonly LevelShape[]): number => shapes.reduce((sum, [h, w]) => sum + h * w, 0);

/** Reads a memory of one image back. The tensors stay the caller's. */
export async function keepMemory({ tokens, shapes }: Memory): Promise<KeptMemory> {
  return { tokens: (await tokens.data()) as Float32Array, shapes };
}

/** Levels that hold every image's. */
function widest(each: readonly KeptMemory[]): LevelShape[] {
  return each[0]!.shapes.map((_, level) => [
    Math.max(...each.map(({ shapes }) => shapes[level]![0])),
    Math.max(...each.map(({ shapes }) => shapes[level]![1])),
  ]);
}

/** Copies one image's tokens to their cells in the larger levels, and marks those in the mask. */
function place({ tokens, shapes }: KeptMemory, levels: readonly LevelShape[], out: Float32Array, mask: Float32Array) {
  const width = tokens.length / cells(shapes);
  let [from, to] = [0, 0];
  shapes.forEach(([h, w], level) => {
    const [tall, wide] = levels[level]!;
    for (let y = 0; y < h; y++) {
      out.set(tokens.subarray((from + y * w) * width, (from + (y + 1) * w) * width), (to + y * wide) * width);
      mask.fill(1, to + y * wide, to + y * wide + w);
    }
    from += h * w;
    to += tall * wide;
  });
}

/**
 * One batch; images of unlike sizes are padded with zeros at the right and the bottom of every level, with mask and ratios.
 * @param each at least one, all of the same number of levels and width
 */
export function joinMemories(each: readonly KeptMemory[]): Memory {
  const levels = widest(each);
  const count = cells(levels);
  const width = each[0]!.tokens.length / cells(each[0]!.shapes);
  const tokens = new Float32Array(each.length * count * width);
  const mask = new Float32Array(each.length * count);
  each.forEach((one, at) =>
    place(
      one,
      levels,
      tokens.subarray(at * count * width, (at + 1) * count * width),
      mask.subarray(at * count, (at + 1) * count),
    ),
  );
  const joined = { tokens: tf.tensor3d(tokens, [each.length, count, width]), shapes: levels };
  if (mask.every((on) => on === 1)) return joined;
  const ratios = each.map(({ shapes }) =>
    shapes.map(([h, w], level) => [w / levels[level]![1], h / levels[level]![0]]),
  );
  return { ...joined, mask: tf.tensor2d(mask, [each.length, count]), ratios: tf.tensor3d(ratios) };
}
