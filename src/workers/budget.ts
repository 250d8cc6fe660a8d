/**
 * Keeps what the page holds on the GPU within a budget: between two pieces of work, whoever holds memory that can be made again
 * gives some of it up, those first that lose least by it. What is in use (weights, a step under way) is never taken.
 */

/**
 * From what is cheapest to lose to what is dearest: what the next image makes anew, buffers kept for reuse, transformed filters,
 * recorded plans. What a plan leaves to the pool, and filters that only it kept, go with it.
 */
const ORDER = ['caches', 'pool', 'filters', 'plans', 'filters', 'pool'] as const;
export type HolderKind = (typeof ORDER)[number];

export interface Holder {
  readonly kind: HolderKind;
  /** Bytes it holds that TF.js does not count. */
  outside(): number;
  /** Gives up what it can, what was used longest ago first, until so many bytes are free or there is nothing left to give. */
  free(bytes: number): void;
}

export class Budget {
  private readonly holders = new Set<Holder>();
  private asked: number | null = null;
  /** Whether what was held before the last `keep` was more than the budget. */
  exceeded = false;

  /**
   * @param counted bytes of GPU buffers that TF.js knows of
   * @param usual the budget where nobody has asked for another one
   */
  constructor(
    private readonly counted: () => number,
    private readonly usual: () => number,
  ) {}

  /** Bytes. */
  get limit(): number {
    return this.asked ?? this.usual();
  }

  /** @param bytes null for the usual budget; kept from the next `keep` on */
  ask(bytes: number | null): void {
    this.asked = bytes;
  }

  /** Bytes on the GPU. */
  get used(): number {
    return this.counted() + this.outsideOf(() => true);
  }

  /** Bytes of a kind that TF.js does not count. */
  of(kind: HolderKind): number {
    return this.outsideOf((holder) => holder.kind === kind);
  }

  /** @returns takes the holder out again */
  hold(holder: Holder): () => void {
    this.holders.add(holder);
    return () => this.holders.delete(holder);
  }

  /**
   * Call between two pieces of work.
   * @returns whether it is kept: false where what is in use is more already
   */
  keep(): boolean {
    this.exceeded = this.used > this.limit;
    for (const kind of ORDER) {
      for (const holder of this.holders) {
        const over = this.used - this.limit;
        if (over <= 0) return true;
        if (holder.kind === kind) holder.free(over);
      }
    }
    return this.used <= this.limit;
  }

  private outsideOf(fits: (holder: Holder) => boolean): number {
    return [...this.holders].reduce((sum, holder) => sum + (fits(holder) ? holder.outside() : 0), 0);
  }
}
