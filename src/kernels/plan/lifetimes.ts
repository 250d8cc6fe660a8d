/**
 * Buffers that are never needed at once share memory: "greedy by size" for shared objects (Pisarchyk, Lee, Efficient Memory
 * Management for Deep Neural Net Inference, arXiv 2001.03288, section 4).
 *
 * Whole buffers are shared, not ranges of one: WebGPU refuses a dispatch that reads and writes the same buffer, even apart.
 */
export interface Lifetime {
  /** Bytes. */
  size: number;
  /** Indices of the first and the last command that meets it, both included. */
  first: number;
  last: number;
}

export interface Sharing {
  /** Bytes of each shared buffer. */
  sizes: number[];
  /** Of each lifetime, the index of its shared buffer. */
  places: number[];
}

const meet = (a: Lifetime, b: Lifetime): boolean => a.first <= b.last && b.first <= a.last;

/** Places every lifetime, the largest first, in the smallest shared buffer that is free meanwhile. */
export function shareBuffers(lifetimes: readonly Lifetime[]): Sharing {
  const order = lifetimes.map((_, i) => i).sort((a, b) => lifetimes[b]!.size - lifetimes[a]!.size || a - b);
  const shared: { size: number; holds: Lifetime[] }[] = [];
  const places = new Array<number>(lifetimes.length);
  for (const index of order) {
    const lifetime = lifetimes[index]!;
    // The largest came first, so every shared buffer is large enough; the last one made is the smallest.
    let place = shared.findLastIndex(({ holds }) => !holds.some((other) => meet(other, lifetime)));
    if (place < 0) place = shared.push({ size: lifetime.size, holds: [] }) - 1;
    shared[place]!.holds.push(lifetime);
    places[index] = place;
  }
  return { sizes: shared.map(({ size }) => size), places };
}
