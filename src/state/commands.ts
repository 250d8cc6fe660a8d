/** What panels may ask of the running session (src/app/detector-session.ts). All return at once; results arrive in the store. */
import type { ModelSource } from '../workers/protocol';
import type { Decoded } from './pictures';
import type { SampleName } from './samples';

/** `png` is the annotated picture of the current image; the others are its detections or everybody's. */
export type ExportFormat = 'json' | 'csv' | 'coco' | 'png';
export type ExportScope = 'image' | 'all';

export interface Commands {
  /** Files and folders that were picked, dropped or pasted: images, zips, checkpoints. */
  addItems(items: DataTransfer | readonly File[], origin: 'file' | 'paste'): void;
  addSample(name: SampleName): void;
  addWebcamFrame(): void;
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
}
