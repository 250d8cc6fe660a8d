/** Jobs that take turns, so that whatever else the machine does meets them alike. */
import type { Effort } from '../types';

export interface Turn {
  run(): Promise<unknown>;
  /** How often it is measured. */
  runs: number;
}

/** Milliseconds of one run. */
export async function timed(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/** @returns milliseconds of every run of each job; one that is measured less often takes part in the first rounds */
export async function takeTurns(jobs: readonly Turn[]): Promise<number[][]> {
  const times = jobs.map((): number[] => []);
  const rounds = Math.max(0, ...jobs.map(({ runs }) => runs));
  for (let round = 0; round < rounds; round++)
    for (const [at, { run, runs }] of jobs.entries()) if (round < runs) times[at]!.push(await timed(run));
  return times;
}

/** How often a job is measured that took so long when it was warm. */
export const runsFor = (ms: number, { runs, slowRuns, slowMs }: Effort): number => (ms > slowMs ? slowRuns : runs);
