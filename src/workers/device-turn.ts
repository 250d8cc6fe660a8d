/** A run's turn on the GPU: one piece of work at a time, and an end with a name when the device goes away. */
import type { TakeTurn } from '../train/held-out';
import type { Engine } from './engine';
import type { Turn } from './jobs';

/** The device that the run's tensors were on is gone; a new one is open. */
export class DeviceGone extends Error {
  constructor() {
    super('the GPU device was lost');
  }
}

/**
 * Turns on today's device. Detections and measurements take theirs between them.
 * @returns a function whose promise rejects with DeviceGone once the device has changed
 */
export function turnsOf(engine: Engine, turn: Turn): TakeTurn {
  const mine = engine.device.info;
  return (work) =>
    turn.take(async () => {
      if (engine.device.info !== mine) throw new DeviceGone();
      const done = await engine.device.guard(work);
      if (done !== 'lost') return done.value;
      await engine.rebuild();
      throw new DeviceGone();
    });
}
