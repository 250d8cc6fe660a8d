/**
 * What to measure in which order, so that a small budget says the most: every kernel's cheapest case first, no variant that
 * was wrong once or far behind, nothing that is expected not to fit. Knows no device.
 */
import { EMPTY_TABLE, type Measured, type Struck, type TuningTable } from './table';

/** One case of a kernel, ready to run. */
export interface OpenCase {
  /** Variants that fit; the first is the reference. */
  readonly variants: readonly string[];
  /** Makes a variant's pipelines and compares its numbers with the reference's. @returns why it must not be used, null else */
  check(variant: string): Promise<string | null>;
  /** @returns microseconds of one run */
  time(variant: string): Promise<number>;
  close(): void;
}

export interface Lab {
  /** Kernels and their cases, the cheapest first. */
  readonly kernels: ReadonlyMap<string, readonly (readonly number[])[]>;
  open(kernel: string, sizes: readonly number[]): OpenCase;
  /** Resolves when nothing else wants the device. */
  idle(): Promise<void>;
  /** Milliseconds of any clock. */
  now(): number;
  /** True when the rest is to be left out. */
  stopped(): boolean;
}

/** A variant this many times slower than the best is not measured at larger sizes. */
const FAR_BEHIND = 4;

class Progress {
  readonly measured: Measured[] = [];
  readonly struck: Struck[] = [];
  spent = 0;
  private readonly off = new Set<string>();
  /** Milliseconds a measurement took at a size, by kernel and variant. */
  private readonly costs = new Map<string, { milliseconds: number; work: number }>();

  constructor(
    private readonly lab: Lab,
    private readonly budget: number,
  ) {}

  /** Whether a measurement is worth its time and expected to fit. */
  fits(kernel: string, variant: string, sizes: readonly number[]): boolean {
    if (this.off.has(`${kernel}/${variant}`) || this.lab.stopped()) return false;
    const before = this.costs.get(`${kernel}/${variant}`);
    const expected = before ? before.milliseconds * Math.max(1, workOf(sizes) / before.work) : 0;
    return this.spent < this.budget && this.spent + expected <= this.budget;
  }

  /** @returns microseconds of one run; null where the variant is struck off, or there was no time left for it */
  async measure(kernel: string, variant: string, sizes: readonly number[], open: OpenCase): Promise<number | null> {
    await this.lab.idle();
    const start = this.lab.now();
    const reason = await open.check(variant);
    // Making a pipeline may have taken all there was.
    const late = this.spent + this.lab.now() - start > this.budget;
    const microseconds = reason === null && !late ? await open.time(variant) : null;
    const milliseconds = this.lab.now() - start;
    this.spent += milliseconds;
    this.costs.set(`${kernel}/${variant}`, { milliseconds, work: workOf(sizes) });
    if (reason !== null) {
      this.struck.push({ kernel, variant, reason });
      this.leave(kernel, variant);
    }
    return microseconds;
  }

  leave(kernel: string, variant: string): void {
    this.off.add(`${kernel}/${variant}`);
  }
}

const workOf = (sizes: readonly number[]): number => sizes.reduce((product, size) => product * size, 1);

async function measureCase(progress: Progress, lab: Lab, kernel: string, sizes: readonly number[]): Promise<void> {
  const open = lab.open(kernel, sizes);
  try {
    const times: Record<string, number> = {};
    for (const [at, variant] of open.variants.entries()) {
      if (!progress.fits(kernel, variant, sizes)) {
        // Without the reference there is nothing to compare with.
        if (at === 0) break;
        continue;
      }
      const microseconds = await progress.measure(kernel, variant, sizes, open);
      if (microseconds !== null) times[variant] = microseconds;
      else if (at === 0) break;
    }
    const best = Math.min(...Object.values(times));
    for (const [variant, time] of Object.entries(times)) {
      if (time > FAR_BEHIND * best && variant !== open.variants[0]) progress.leave(kernel, variant);
    }
    if (Object.keys(times).length > 1) progress.measured.push({ kernel, sizes, microseconds: times });
  } finally {
    open.close();
  }
}

/**
 * Measures until everything is known or the budget is spent. A pipeline that is being made, or a run, is waited for; one that is expected to
 * go over is not begun.
 * @param budget milliseconds of measuring; waiting for idleness does not count
 */
export async function measureAll(lab: Lab, budget: number): Promise<{ table: TuningTable; milliseconds: number }> {
  const progress = new Progress(lab, budget);
  const most = Math.max(0, ...[...lab.kernels.values()].map(({ length }) => length));
  for (let round = 0; round < most; round++) {
    for (const [kernel, cases] of lab.kernels) {
      const sizes = cases[round];
      if (sizes && progress.spent < budget && !lab.stopped()) await measureCase(progress, lab, kernel, sizes);
    }
  }
  const { measured, struck, spent } = progress;
  return { table: { ...EMPTY_TABLE, measured, struck }, milliseconds: spent };
}
