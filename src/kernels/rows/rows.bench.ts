/**
 * Microseconds of every way of sharing rows, by the device's own clock, taking turns; in brackets the share of `alone`:
 *   npx vitest bench --project parity --run src/kernels/rows/rows.bench.ts
 * It prints the shortest of a few rounds; what Vitest says of it is not meant.
 */
import { bench, describe } from 'vitest';
import { ROW_REDUCTION, SOFTMAX } from '../reduce/program';
import { openTestDevice } from '../testing/device';
import { openCase } from '../tuning/lab';
import { allTunables } from '../tuning/tuning';
import { vectorSize } from '../vectors/vectors';
import { ROW_NORM } from './program';
import { possibleSharing } from './sharing';

const { backend, info } = await openTestDevice();
const ROUNDS = 4;

/** Rows and width: narrow ones, and where a rule for software adapters changes its mind. */
const SIZES: Record<string, readonly (readonly number[])[]> = {
  [ROW_NORM]: [
    [400, 16],
    [1600, 33],
    [400, 64],
    [300, 256],
    [1600, 128],
    [6400, 192],
  ],
  [SOFTMAX]: [
    [2400, 12],
    [1200, 33],
    [2400, 64],
    [2400, 100],
    [2400, 300],
    [400, 1600],
  ],
  [ROW_REDUCTION]: [
    [2100, 80],
    [300, 256],
    [2000, 400],
    [64, 1600],
  ],
};

async function compare(kernel: string, sizes: readonly number[]): Promise<string> {
  const width = sizes[1]!;
  const possible = possibleSharing(backend.device, width / vectorSize(width));
  const open = openCase(backend, { ...allTunables().get(kernel)!, fits: () => possible }, sizes);
  const least = new Map<string, number>();
  for (const variant of possible) {
    const reason = await open.check(variant);
    if (reason !== null) throw new Error(`${kernel} ${sizes}, ${variant}: ${reason}`);
  }
  for (let round = 0; round < ROUNDS; round++)
    for (const variant of possible)
      least.set(variant, Math.min(least.get(variant) ?? Infinity, await open.time(variant)));
  open.close();
  const times = [...least].map(
    ([variant, us]) => `${variant} ${us.toFixed(0)} (${(us / least.get('alone')!).toFixed(2)})`,
  );
  return `  ${kernel} ${sizes.join(' x ')}: ${times.join(', ')}`;
}

/** Vitest calls its function more often than asked. */
let reported: Promise<void> | undefined;

async function reportAll(): Promise<void> {
  const lines: string[] = [];
  for (const [kernel, cases] of Object.entries(SIZES))
    for (const sizes of cases) lines.push(await compare(kernel, sizes));
  // eslint-disable-next-line no-console -- the figures are what this file is for
  console.warn([`microseconds on ${info.description || info.architecture}`, ...lines].join('\n'));
}

describe('rows', () => {
  const once = { iterations: 1, time: 0, warmupIterations: 0, warmupTime: 0 };
  bench('all sizes', () => (reported ??= reportAll()), once);
});
