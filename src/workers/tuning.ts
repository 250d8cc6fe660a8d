/** The adapter's own choice of kernel variants: read from an earlier visit, or measured while nobody waits for the device. */
import type { OpenedDevice } from '../kernels/backend';
import { tune, type TuningOptions, type TuningReport } from '../kernels/tuning/tuner';
import type { Engine } from './engine';
import type { Turn } from './jobs';

interface Parts extends Pick<TuningOptions, 'store' | 'tunables' | 'budget'> {
  turn: Turn;
  engine(): Engine;
}

/** Software adapters are not tuned: there the rules of the kernels were measured, and a variant with barriers takes seconds. */
export const worthTuning = (opened: OpenedDevice | undefined): opened is OpenedDevice =>
  opened !== undefined && !opened.software;

/**
 * Measures between the jobs, and has later detections recorded with what was chosen. A lost device ends it.
 * @returns null when it was ended
 */
export async function tuneDevice(
  { backend, info, device }: OpenedDevice,
  { turn, engine, ...options }: Parts,
): Promise<TuningReport | null> {
  const ended = new AbortController();
  void device.lost.then(() => ended.abort());
  const idle = (): Promise<void> => turn.take(() => Promise.resolve());
  const report = await tune(backend, info, { ...options, idle, signal: ended.signal }).catch(() => null);
  if (ended.signal.aborted || report === null) return null;
  await turn.take(() => Promise.resolve(engine().recordAgain()));
  return report;
}
