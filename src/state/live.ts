/** Slice: the camera's live detections. While it is on there is no current image, and the results shown are those of the latest frame. */
import type { StateCreator } from 'zustand/vanilla';
import type { FrameRate } from '../lib/frame-flow';
import type { ImageDetections } from '../lib/types';

export interface LiveState {
  /** `hidden`: nobody looks at the page, so nothing is detected. */
  status: 'opening' | 'on' | 'hidden';
  /** Of the latest frame that was answered. */
  detections: ImageDetections | null;
  rate: FrameRate | null;
  /** Frames that were answered. */
  frames: number;
  /** Frames at work at once, at most so far. */
  mostInFlight: number;
}

export interface LiveSlice {
  live: LiveState | null;
  /** Null ends it. A change is left out when it is off. */
  setLive(change: Partial<LiveState> | null): void;
  /** Begins it in the place of the current image. */
  beginLive(): void;
}

const OPENING: LiveState = { status: 'opening', detections: null, rate: null, frames: 0, mostInFlight: 0 };

export const createLiveSlice: StateCreator<LiveSlice & { currentImage: string | null }, [], [], LiveSlice> = (set) => ({
  live: null,
  setLive: (change) =>
    set(({ live }) => {
      if (change === null) return { live: null };
      return live ? { live: { ...live, ...change } } : {};
    }),
  beginLive: () => set({ live: OPENING, currentImage: null }),
});
