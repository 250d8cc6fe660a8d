/** What the bench compares: photo (a JPEG's bytes) to boxes, one call, whatever is behind it. */

export type EngineName = 'ours' | 'onnxruntime-webgpu' | 'onnxruntime-wasm';

/** The best detection, to see that the engines do the same work. */
export interface Best {
  label: number;
  score: number;
  /** x0, y0, x1, y1 in pixels of the photo. */
  box: [number, number, number, number];
}

export interface Engine {
  /** What it computes on, as the browser names it. */
  adapter: string;
  detect(photo: Blob): Promise<Best>;
  close(): Promise<void>;
}

/** A model's files, read before any clock starts. */
export interface ModelFiles {
  name: string;
  checkpoint: File[];
  onnx: Uint8Array;
  /** Height and width of the input: DEIMv2 takes squares. */
  side: number;
}
