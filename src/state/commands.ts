/** What panels may ask of the running session (src/app/detector-session.ts). All return at once; results arrive in the store. */
import type { RunWeights } from '../lib/training';
import type { HereSource, ModelSource } from '../workers/protocol';
import type { LabelFormat } from './label-files';
import type { Decoded } from './pictures';
import type { SampleName } from './samples';

/** `png` is the annotated picture of the current image; the others are its detections or everybody's. */
export type ExportFormat = 'json' | 'csv' | 'coco' | 'png';
export type ExportScope = 'image' | 'all';

/** Runs of fine-tuning (src/app/training.ts); `id` is a run's. */
export interface TrainingCommands {
  /** With the draft of the training store, on what is labelled now. One run at a time. */
  startRun(name: string): void;
  /** After its current step; it can go on, also after a reload. */
  pauseRun(id: string): void;
  resumeRun(id: string): void;
  /** For good; its weights so far are kept. */
  stopRun(id: string): void;
  removeRun(id: string): void;
  /** Reads its log where that is not here yet. */
  showRun(id: string): void;
  compareRun(id: string | null): void;
  /** Makes its weights the current model. */
  openRun(id: string, weights: RunWeights): void;
  /** A zip of its checkpoint, in the hub's layout. */
  saveRun(id: string, weights: RunWeights): void;
}

/** Two models side by side (src/app/compare.ts). */
export interface CompareCommands {
  /** Shows the comparison in place of the stage. */
  openCompare(): void;
  /** Ends it and frees the second model. */
  closeCompare(): void;
  /** Makes another model the second one. */
  compareWith(source: HereSource | null): void;
  /** AP of both models on the labelled images of the store's `part`. */
  measureCompared(): void;
  cancelMeasure(): void;
}

export type ProfileFormat = 'json' | 'csv';

/** What a detection costs (src/app/profile.ts). */
export interface ProfileCommands {
  /** Of an image like the current one, by the current model. */
  profileImage(): void;
  cancelProfile(): void;
  /** As JSON. */
  copyProfile(): void;
  saveProfile(format: ProfileFormat): void;
}

export interface Commands extends TrainingCommands, CompareCommands, ProfileCommands {
  /** Files and folders that were picked, dropped or pasted: images, labels, zips, checkpoints. */
  addItems(items: DataTransfer | readonly File[], origin: 'file' | 'paste'): void;
  addSample(name: SampleName): void;
  addWebcamFrame(): void;
  /** Detects on what the camera shows, in the place of the current image, until `stopLive` or until an image is shown. */
  startLive(): void;
  stopLive(): void;
  /** The camera's picture while it is live. */
  liveVideo(): HTMLVideoElement | null;
  /** Stops taking in and detecting; what is done stays. */
  cancelImages(): void;
  removeImage(id: string): void;
  clearImages(): void;
  loadModel(source: ModelSource): void;
  cancelLoading(): void;
  removeModel(id: string): void;
  restartDevice(): void;
  /** Undefined when there is no such image; rejects with a DetectorError when it cannot be decoded. */
  picture(id: string): Promise<Decoded> | undefined;
  save(format: ExportFormat, scope: ExportScope): void;
  copy(format: ExportFormat, scope: ExportScope): void;
  copyLink(): void;
  /** What the followed query looked at, as JSON. */
  copyViews(): void;
  /** The encoder's clusters on the current image, and the difference they make, as JSON. */
  copyClusters(): void;
  /** Labels as a file: with `images` (or in several files) a zip archive. */
  saveLabels(format: LabelFormat, options: { images: boolean }): void;
  /** The whole session as one zip: images, labels, splits, view, kept runs. Its progress is `sessionWork`. */
  saveSession(): void;
  /** Brings a saved session back beside what is here. */
  openSession(file: File): void;
  cancelSession(): void;
  /** Trains on the images of one of `splitChoices`; those of the other training lists are left aside. */
  chooseSplit(name: string): void;
  /** Looks for copies across the split; the answer is `splitWarnings`. */
  findSplitDuplicates(): void;
}
