/**
 * Noisy copies of labels as queries (contrastive denoising, DINO, arXiv 2203.03605, section 3.3, with RT-DETR's noise): a copy near
 * its label is to find it again, one further away is to find nothing.
 *
 * B images, P copies of every label, R = B P rows (image by image), T most labels of an image, N = 2 T queries of a row: first
 * the near ones, then the far ones.
 */
import type { Labels, Match } from '../../lib/set-prediction';
import { between, type Random } from '../../lib/random';

/** Share of copies that may get another class; half of those draws do (RT-DETR). */
const LABEL_NOISE = 0.5;
/** Corners of a near copy move by up to this part of half the box's sides, those of a far one by once to twice as much. */
const BOX_NOISE = 1;
/** What an image without labels shows: its rows do not count. */
const NOWHERE = [0.5, 0.5, 1, 1];

export interface NoisyLabels {
  /** R and N. */
  rows: number;
  queries: number;
  /** [R,N] class columns that the queries claim. */
  classes: Int32Array;
  /** [R,N,4] cxcywh as fractions. */
  boxes: Float32Array;
  /** What each row is to find. */
  sets: { labels: Labels; match: Match }[];
  /** [R] weights whose sum is 1: the mean over labelled images and their copies. */
  weights: Float32Array;
}

const clip = (x: number): number => Math.min(Math.max(x, 0), 1);

/** @param far moves every corner beyond what a near copy may */
function noisyBox(box: ArrayLike<number>, far: boolean, random: Random): number[] {
  const [cx, cy, w, h] = Array.from(box) as [number, number, number, number];
  const moved = [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2].map((corner, i) => {
    const part = between(random, far ? 1 : 0, far ? 2 : 1);
    const sign = random() < 0.5 ? -1 : 1;
    return clip(corner + sign * part * BOX_NOISE * ((i % 2 === 0 ? w : h) / 2));
  }) as [number, number, number, number];
  const [x0, x1] = [Math.min(moved[0], moved[2]), Math.max(moved[0], moved[2])];
  const [y0, y1] = [Math.min(moved[1], moved[3]), Math.max(moved[1], moved[3])];
  return [(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0];
}

/** The labels again and again until there are `count`, so that no query of a row is padding. */
function repeatedLabels({ classes, boxes }: Labels, count: number): Labels {
  const at = (i: number): number => i % classes.length;
  return {
    classes: Array.from({ length: count }, (_, i) => classes[at(i)]!),
    boxes: Float32Array.from({ length: count * 4 }, (_, i) => boxes[at(i >> 2) * 4 + (i & 3)]!),
  };
}

/**
 * @param labels of each image; null or empty: nothing is labelled
 * @param options P of at least 1, C, and a stream of random numbers
 * @returns null when no image has a label
 */
export function noisyLabels(
  labels: readonly (Labels | null)[],
  { copies, classes, random }: { copies: number; classes: number; random: Random },
): NoisyLabels | null {
  const most = Math.max(0, ...labels.map((one) => one?.classes.length ?? 0));
  if (most === 0) return null;
  const labelled = labels.filter((one) => one !== null && one.classes.length > 0).length;
  const [rows, queries] = [labels.length * copies, 2 * most];
  const out: NoisyLabels = {
    rows,
    queries,
    classes: new Int32Array(rows * queries),
    boxes: Float32Array.from({ length: rows * queries * 4 }, (_, i) => NOWHERE[i % 4]!),
    sets: [],
    weights: new Float32Array(rows),
  };
  const inOrder = Int32Array.from({ length: most }, (_, i) => i);
  for (let row = 0; row < rows; row++) {
    const given = labels[Math.floor(row / copies)];
    if (!given || given.classes.length === 0) {
      out.sets.push({
        labels: { classes: [], boxes: new Float32Array(0) },
        match: { queries: new Int32Array(0), labels: new Int32Array(0) },
      });
      continue;
    }
    const all = repeatedLabels(given, most);
    for (let query = 0; query < queries; query++) {
      const label = query % most;
      const other = random() < LABEL_NOISE / 2;
      out.classes[row * queries + query] = other ? Math.floor(random() * classes) : all.classes[label]!;
      const box = noisyBox(all.boxes.subarray(label * 4, label * 4 + 4), query >= most, random);
      out.boxes.set(box, (row * queries + query) * 4);
    }
    out.sets.push({ labels: all, match: { queries: inOrder, labels: inOrder } });
    out.weights[row] = 1 / (labelled * copies);
  }
  return out;
}
