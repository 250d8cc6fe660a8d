/** Slice: the device the worker computes on, its memory, and the queue of images. */
import type { StateCreator } from 'zustand/vanilla';
import type { AppError } from '../lib/errors';
import type { DeviceInfo, MemoryInfo } from '../workers/protocol';

/** `lost`: the browser took the device away and the worker is building a new one. */
export type DeviceStatus = 'starting' | 'ready' | 'lost' | 'failed';

/** A sentence over the stage. `restored` goes away by itself; the others are dismissed by the person. */
export type Notice =
  | { id: number; kind: 'fallback' | 'fault'; error: AppError }
  | { id: number; kind: 'lost'; reason: string }
  | { id: number; kind: 'restored'; adapter: string }
  | { id: number; kind: 'copied' | 'saved'; what: string };

export type NewNotice = Notice extends infer N ? (N extends Notice ? Omit<N, 'id'> : never) : never;

/** Images of the run that is under way; total 0 when nothing is. */
export interface QueueState {
  done: number;
  total: number;
}

export interface DeviceSlice {
  deviceStatus: DeviceStatus;
  device: DeviceInfo | null;
  memory: MemoryInfo | null;
  queue: QueueState;
  notices: Notice[];
  setDevice(info: DeviceInfo): void;
  setDeviceStatus(status: DeviceStatus): void;
  setMemory(memory: MemoryInfo): void;
  setQueue(queue: QueueState): void;
  /** Adds a notice in place of one of the same kind; returns its id. */
  notify(notice: NewNotice): number;
  dismissNotice(id: number): void;
}

export const createDeviceSlice: StateCreator<DeviceSlice, [], [], DeviceSlice> = (set, get) => ({
  deviceStatus: 'starting',
  device: null,
  memory: null,
  queue: { done: 0, total: 0 },
  notices: [],

  setDevice: (info) => set({ device: info, deviceStatus: 'ready' }),
  setDeviceStatus: (status) => set({ deviceStatus: status }),
  setMemory: (memory) => set({ memory }),
  setQueue: (queue) => set({ queue }),
  notify: (notice) => {
    const id = 1 + Math.max(0, ...get().notices.map((each) => each.id));
    const entry: Notice = { ...notice, id };
    set(({ notices }) => ({ notices: [...notices.filter((each) => each.kind !== notice.kind), entry] }));
    return id;
  },
  dismissNotice: (id) => set(({ notices }) => ({ notices: notices.filter((each) => each.id !== id) })),
});
