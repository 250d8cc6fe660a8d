/** What the bench compares: photo (a JPEG's bytes) to boxes, one call, whatever is behind it. */
import type { Detection } from '../agreement';

export interface Engine {
  /** What it computes on, as the browser names it. */
  device: string;
  /** @returns best first */
  detect(photo: Blob): Promise<Detection[]>;
  close(): Promise<void>;
}

/** A model's files, read before any clock starts. */
export interface ModelFiles {
  name: string;
  checkpoint: File[];
  onnx: Uint8Array | null;
  /** Height and width of the input. */
  side: number;
}
