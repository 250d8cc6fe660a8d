/** Slice: what label files and splits say beside the labels themselves (src/state/labels.ts), and the session file at work. */
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

/** A session file that is being written or read: files of it that are done. */
export interface SessionWork {
  kind: 'saving' | 'opening';
  done: number;
  /** 0 while it is not known. */
  total: number;
}

export interface LabelFilesSlice {
  /** Named lists of images that label files brought (train, val, few_shot_10): ids by name, for `commands.chooseSplit`. */
  splitChoices: Record<string, readonly string[]>;
  /** Null until `commands.findSplitDuplicates` was asked, and after the split has changed. */
  splitWarnings: readonly SplitWarning[] | null;
  /** Label files that name images which are not here yet. */
  waitingLabels: number;
  sessionWork: SessionWork | null;
  setSplitChoices(choices: Record<string, readonly string[]>): void;
  setSplitWarnings(warnings: readonly SplitWarning[] | null): void;
  setWaitingLabels(count: number): void;
  setSessionWork(work: SessionWork | null): void;
}

export const createLabelFilesSlice: StateCreator<LabelFilesSlice, [], [], LabelFilesSlice> = (set) => ({
  splitChoices: {},
  splitWarnings: null,
  waitingLabels: 0,
  sessionWork: null,
  setSplitChoices: (splitChoices) => set({ splitChoices }),
  setSplitWarnings: (splitWarnings) => set({ splitWarnings }),
  setWaitingLabels: (waitingLabels) => set({ waitingLabels }),
  setSessionWork: (sessionWork) => set({ sessionWork }),
});
