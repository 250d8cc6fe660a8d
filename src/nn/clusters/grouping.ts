/**
 * From keys to clusters: tokens of an image with equal keys are one.
 *
 * B images, N tokens of each, C clusters of an image, G = B max(C) groups.
 */
import { DetectorError } from '../../lib/errors';

export interface Grouping {
  /** [B,N] each token's cluster among those of its image, in the order of their first tokens; -1 on padding. */
  of: Int32Array<ArrayBuffer>;
  /** [B] C of each image. */
  counts: number[];
  /** The most of `counts`, 1 at least: every image has so many groups, the last of them empty. */
  most: number;
  /** Tokens (image by image) in the order of their groups; those on padding are not among them. One at least, of no meaning if alone. */
  members: Int32Array<ArrayBuffer>;
  /** [G+1] where each group begins among the members. */
  starts: Int32Array<ArrayBuffer>;
  /** [B N] each token's group, -1 on padding. */
  owner: Int32Array<ArrayBuffer>;
}

/** Clusters of one image's tokens. */
function clustersOf(keys: Int32Array, seen: (token: number) => boolean): { of: Int32Array; count: number } {
  const known = new Map<string, number>();
  const of = new Int32Array(keys.length / 2).fill(-1);
  for (let token = 0; token < of.length; token++) {
    if (!seen(token)) continue;
    const key = `${keys[2 * token]} ${keys[2 * token + 1]}`;
    const cluster = known.get(key) ?? known.size;
    known.set(key, cluster);
    of[token] = cluster;
  }
  return { of, count: known.size };
}

/**
 * @param keys [B,N,2] packed
 * @param images B
 * @param mask [B,N] 0 on padding, whose tokens belong nowhere
 * @throws DetectorError `internal` where the numbers do not fit
 */
export function groupByKeys(keys: Int32Array, images: number, mask?: ArrayLike<number>): Grouping {
  const tokens = keys.length / 2 / images;
  if (!Number.isInteger(tokens) || (mask && mask.length !== images * tokens))
    throw new DetectorError(
      'internal',
      'clusters',
      `expected keys and mask of ${images} images, got ${keys.length} and ${mask?.length}`,
    );
  const each = Array.from({ length: images }, (_, image) =>
    clustersOf(
      keys.subarray(2 * image * tokens, 2 * (image + 1) * tokens),
      (token) => mask?.[image * tokens + token] !== 0,
    ),
  );
  const counts = each.map(({ count }) => count);
  const most = Math.max(1, ...counts);
  const of = new Int32Array(images * tokens);
  each.forEach((one, image) => of.set(one.of, image * tokens));
  const owner = of.map((cluster, at) => (cluster < 0 ? -1 : Math.floor(at / tokens) * most + cluster));
  return { of, counts, most, owner, ...ordered(owner, images * most) };
}

/** Rows in the order of their groups (a counting sort, so that those of a group stay in order). */
function ordered(owner: Int32Array, groups: number): Pick<Grouping, 'members' | 'starts'> {
  const starts = new Int32Array(groups + 1);
  owner.forEach((group) => group >= 0 && starts[group + 1]!++);
  for (let group = 0; group < groups; group++) starts[group + 1]! += starts[group]!;
  const members = new Int32Array(Math.max(1, starts[groups]!));
  const next = starts.slice();
  owner.forEach((group, row) => {
    if (group >= 0) members[next[group]!++] = row;
  });
  return { members, starts };
}
