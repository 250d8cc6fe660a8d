/** Slice: how long each model took on this device, kept between visits. */
import type { StateCreator } from 'zustand/vanilla';
import type { StageTimes } from '../lib/types';
import type { DeviceSlice } from './device';

/** So many latest detections count. */
const SAMPLES = 9;

export interface ModelSpeed {
  /** The device that was measured; another one starts anew. */
  adapter: string;
  /** Milliseconds from photo to boxes, the latest last. */
  ms: readonly number[];
}

export interface ModelSpeedsSlice {
  /** By model id. */
  speeds: Readonly<Record<string, ModelSpeed>>;
  recordSpeed(model: string, adapter: string, times: StageTimes): void;
}

export const createModelSpeedsSlice: StateCreator<ModelSpeedsSlice, [], [], ModelSpeedsSlice> = (set) => ({
  speeds: {},

  recordSpeed: (model, adapter, times) =>
    set(({ speeds }) => {
      const before = speeds[model];
      const earlier = before?.adapter === adapter ? before.ms : [];
      const ms = [...earlier, Math.round(totalMs(times) * 10) / 10].slice(-SAMPLES);
      return { speeds: { ...speeds, [model]: { adapter, ms } } };
    }),
});

/** From photo to boxes. */
export const totalMs = ({ decode, resize, model, post }: StageTimes): number => decode + resize + model + post;

/** Median milliseconds of model `id` on the device of the moment; null where it has not run on it. */
export function speedOf({ speeds, device }: ModelSpeedsSlice & Pick<DeviceSlice, 'device'>, id: string): number | null {
  const speed = speeds[id];
  if (!speed || !device || speed.adapter !== device.adapter || speed.ms.length === 0) return null;
  const sorted = speed.ms.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
