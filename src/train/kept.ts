/** A bounded store of what is costly to make again: what was used least lately goes first. */
export class Kept<T> {
  /** Least lately used first. */
  private readonly values = new Map<string, { value: T; size: number }>();
  private total = 0;

  /**
   * @param most total size; one value larger than it is kept alone
   * @param forget told of every value that goes
   */
  constructor(
    private readonly most: number,
    private readonly forget: (value: T) => void = () => undefined,
  ) {}

  peek(key: string): T | undefined {
    const found = this.values.get(key);
    if (!found) return undefined;
    this.values.delete(key);
    this.values.set(key, found);
    return found.value;
  }

  /** The value of `key`, made where it is not there. @param size in the unit of `most` */
  get(key: string, size: number, make: () => T): T {
    const known = this.peek(key);
    if (known !== undefined) return known;
    const value = make();
    this.values.set(key, { value, size });
    this.total += size;
    for (const [oldest, { value: old, size: freed }] of this.values) {
      if (this.total <= this.most || oldest === key) break;
      this.values.delete(oldest);
      this.total -= freed;
      this.forget(old);
    }
    return value;
  }

  clear(): void {
    for (const { value } of this.values.values()) this.forget(value);
    this.values.clear();
    this.total = 0;
  }
}
