/** Single kernels against TF.js 4.22, and against what the device can do. */
import type { Measured, SectionOptions } from './sections';
import type { Session } from './session';
import { number, table } from './table';
import type { Bound, KernelRow } from './types';

const LEAST_RATIO = 3;
/** Of the device's multiply-adds, on a real GPU. */
const LEAST_OF_PEAK = 0.4;
/** Rows that must hold, by the beginning of their names. */
const BOUND = ['matrix product 1024 x 1024 x 1024', 'convolution 3x3, 64 to 64, 80x80'];
const MOST_ROUNDS = 7;

const gflops = (flop: number, ms: number): number => flop / ms / 1e6;

function boundsOf(rows: readonly KernelRow[], peak: number, software: boolean): Bound[] {
  return BOUND.flatMap((work) => {
    const { flop, ours_ms, tfjs_ms } = rows.find((row) => row.work === work)!;
    const ratio = { name: `${work}: times TF.js`, value: tfjs_ms / ours_ms, least: LEAST_RATIO };
    const share = { name: `${work}: of the device's peak`, value: flop / ours_ms / 1e-3 / peak, least: LEAST_OF_PEAK };
    return software ? [ratio] : [ratio, share];
  });
}

export async function kernelsSection(session: Session, options: SectionOptions): Promise<Measured> {
  const rounds = Math.min(options.runs, MOST_ROUNDS);
  const result = await session.measure('kernels', { ...options, runs: rounds });
  const { rows, peak, adapter, software } = result;
  const lines = rows.map(({ work, flop, ours_ms, tfjs_ms }) => [
    work,
    number(gflops(flop, ours_ms), 2),
    number(gflops(flop, tfjs_ms), 2),
    number(tfjs_ms / ours_ms, 2),
    `${number((100 * gflops(flop, ours_ms) * 1e9) / peak, 0)} %`,
  ]);
  const heading = `GFLOP/s after tuning, best of ${rounds} rounds in turn; the device's peak is ${number(peak / 1e9, 1)} GFLOP/s`;
  const text = `${heading}\n${table(['work', 'ours', 'TF.js', 'ratio', 'of peak'], lines)}`;
  return { rows: { peak_flops: peak, rows }, text, bounds: boundsOf(rows, peak, software), adapter };
}
