/** Slice: what label files and splits say beside the labels themselves (src/state/labels.ts). */
import type { StateCreator } from 'zustand/vanilla';

export type LabelFormat = 'coco' | 'yolo' | 'voc';

/** Two images, one in training and one held out, that are the same or nearly so: the held-out figure says too much. */
export interface SplitWarning {
  /** Image ids. */
  train: string;
  heldOut: string;
  /** The same bytes. */
  exact: boolean;
  /** Bits of the hashes that differ, 0..8. */
  distance: number;
}

export interface LabelFilesSlice {
  /** Named lists of images that label files brought (train, val, few_shot_10): ids by name, for `commands.chooseSplit`. */
  splitChoices: Record<string, readonly string[]>;
  /** Null until `commands.findSplitDuplicates` was asked, and after the split has changed. */
  splitWarnings: readonly SplitWarning[] | null;
  /** Label files that name images which are not here yet. */
  waitingLabels: number;
  setSplitChoices(choices: Record<string, readonly string[]>): void;
  setSplitWarnings(warnings: readonly SplitWarning[] | null): void;
  setWaitingLabels(count: number): void;
}

export const createLabelFilesSlice: StateCreator<LabelFilesSlice, [], [], LabelFilesSlice> = (set) => ({
  splitChoices: {},
  splitWarnings: null,
  waitingLabels: 0,
  setSplitChoices: (splitChoices) => set({ splitChoices }),
  setSplitWarnings: (splitWarnings) => set({ splitWarnings }),
  setWaitingLabels: (waitingLabels) => set({ waitingLabels }),
});
