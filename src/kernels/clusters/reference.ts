/** The same in plain loops. R rows, G groups, W width. */

/** float32 numbers that int32 holds. */
export const LEAST = -(2 ** 31);
export const MOST = 2 ** 31 - 128;

const rotated = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

function mixed(hash: number, number: number, first: number, second: number): number {
  const h = hash ^ Math.imul(rotated(Math.imul(number, first), 15), second);
  return (Math.imul(rotated(h, 13), 5) + 0xe6546b64) | 0;
}

function finished(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** @param x [R,W] packed @returns [R,2] packed */
export function hashKeysReference(x: Float32Array, width: number): Int32Array<ArrayBuffer> {
  const rows = x.length / width;
  const out = new Int32Array(rows * 2);
  for (let row = 0; row < rows; row++) {
    let [a, b] = [0, 0x9e3779b9 | 0];
    for (const value of x.subarray(row * width, (row + 1) * width)) {
      const number = Math.min(Math.max(Math.floor(value), LEAST), MOST);
      a = mixed(a, number, 0xcc9e2d51, 0x1b873593);
      b = mixed(b, number, 0x239b961b, 0xab0e9789);
    }
    out[2 * row] = finished(a);
    out[2 * row + 1] = finished(b);
  }
  return out;
}

/** @param x [R,W] @param members rows, group by group @param starts [G+1] @returns [G,W] */
export function sumGroupsReference(
  x: Float32Array,
  width: number,
  members: ArrayLike<number>,
  starts: ArrayLike<number>,
): Float32Array<ArrayBuffer> {
  const groups = starts.length - 1;
  const out = new Float32Array(groups * width);
  for (let group = 0; group < groups; group++)
    for (let at = starts[group]!; at < starts[group + 1]!; at++)
      for (let i = 0; i < width; i++) out[group * width + i]! += x[members[at]! * width + i]!;
  return out;
}

/** @param x [G,W] @param owner [R] groups, -1 for none @returns [R,W] */
export function spreadGroupsReference(
  x: Float32Array,
  width: number,
  owner: ArrayLike<number>,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(owner.length * width);
  for (let row = 0; row < owner.length; row++)
    if (owner[row]! >= 0) out.set(x.subarray(owner[row]! * width, (owner[row]! + 1) * width), row * width);
  return out;
}
