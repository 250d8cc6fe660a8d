/**
 * What one detection costs, part by part: its forward pass, replayed a few times with every dispatch timed, against the
 * device's measured peak.
 */
import type { OpenedDevice } from '../kernels/backend';
import type { Plan } from '../kernels/plan/plan';
import { devicePeak } from '../kernels/roofline/measure';
import { layerOf, reportOf, type KernelCost, type ProfileReport } from '../lib/profile';

/** Means of many passes are finer than a clock that browsers round; but nobody wants to wait. */
const MOST_PASSES = 24;
const ENOUGH_MS = 1200;

export interface ProfileOptions extends Pick<ProfileReport, 'adapter' | 'model' | 'inputSize'> {
  /** Stops between two passes. */
  signal: AbortSignal;
  /** By waiting for each part, though there is a clock. */
  waiting?: boolean;
}

/**
 * @param plan of a forward pass, its input written
 * @throws whatever aborted the signal
 */
export async function profilePlan(
  { device, software }: Pick<OpenedDevice, 'device' | 'software'>,
  plan: Pick<Plan, 'replay' | 'profile' | 'profileParts'>,
  { signal, waiting = false, ...names }: ProfileOptions,
): Promise<ProfileReport> {
  const peak = await devicePeak(device, software);
  // the first replay meets fresh memory
  plan.replay();
  await device.queue.onSubmittedWorkDone();
  const first = waiting ? null : await timedPass(plan);
  const passes = [first ?? (await waitingPass(plan))];
  const started = performance.now();
  while (passes.length < MOST_PASSES && performance.now() - started < ENOUGH_MS) {
    signal.throwIfAborted();
    passes.push((first && (await timedPass(plan))) ?? (await waitingPass(plan)));
  }
  const method = first ? 'timestamps' : 'queue';
  return reportOf(meanOf(passes), { ...names, method, passes: passes.length, peak });
}

async function timedPass(plan: Pick<Plan, 'profile'>): Promise<KernelCost[] | null> {
  const times = await plan.profile();
  if (!times) return null;
  return times.map(({ scope, kernel, microseconds, bytes, flops }) => ({
    scope,
    kernel,
    count: 1,
    // clocks of some drivers step back between two passes
    microseconds: Math.max(0, microseconds),
    bytes,
    flops,
  }));
}

async function waitingPass(plan: Pick<Plan, 'profileParts'>): Promise<KernelCost[]> {
  const parts = await plan.profileParts(layerOf);
  return parts.map((part) => ({ ...part, kernel: '' }));
}

/** The same dispatches with the mean of their times. @param passes at least one */
function meanOf(passes: readonly KernelCost[][]): KernelCost[] {
  return passes[0]!.map((cost, index) => ({
    ...cost,
    microseconds: passes.reduce((sum, pass) => sum + pass[index]!.microseconds, 0) / passes.length,
  }));
}
