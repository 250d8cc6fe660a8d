/**
 * Numbers that follow from keys: the same everywhere, every time. For choices (views, order), not for noise on the GPU
 * (src/kernels/random-normal) and not for secrets.
 */

/** The next number of a stream, 0 <= x < 1. */
export type Random = () => number;

/** FNV-1a over UTF-16 units, then MurmurHash3's finaliser, so that near keys give far seeds. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A stream of its own for these keys (mulberry32; https://github.com/bryc/code, PRNGs). */
export function seededRandom(...keys: readonly (number | string)[]): Random {
  let state = hash(JSON.stringify(keys));
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Evenly from `low` to `high`. */
export const between = (random: Random, low: number, high: number): number => low + (high - low) * random();

/** A copy in another order (Fisher and Yates). */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const out = items.slice();
  for (let last = out.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [out[last], out[other]] = [out[other]!, out[last]!];
  }
  return out;
}
