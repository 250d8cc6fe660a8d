/**
 * What the app needs from outside of the interface: reading dropped things, decoding, writing tables. src/main.tsx plugs
 * in src/data; the app itself knows only these shapes, as the import directions ask.
 */
import type { AppError } from '../lib/errors';
import type { ImageDetections } from '../lib/types';
import type { ExportFormat } from '../state/commands';
import type { Decoded } from '../state/pictures';

/** One thing found among dropped, picked or pasted files. */
export type Collected =
  { file: File; path: string } | { refused: AppError } | { checkpoint: { name: string; files: File[] } };

export interface TableEntry {
  /** Name of the image file. */
  file: string;
  detections: ImageDetections;
  /** Class names of the model that made the detections. */
  classes: readonly string[];
}

export interface TableOptions {
  threshold: number;
  /** Index into the layers, 0 = query selection; null = the last. */
  layer: number | null;
}

export type TableFormat = Exclude<ExportFormat, 'png'>;

export interface Ports {
  /** Reads a DataTransfer before the first await, as the browser asks. */
  collect(items: DataTransfer | readonly File[]): AsyncIterable<Collected>;
  /** @throws DetectorError('image') with the reason */
  decode(blob: Blob, name: string): Promise<Decoded>;
  /** A small picture with sides of at most `side` pixels. */
  thumbnail(blob: Blob, name: string, side: number): Promise<Blob>;
  /** One frame of the camera; @throws DetectorError when it is denied or absent. */
  webcamFrame(): Promise<ImageBitmap>;
  writeTable(
    format: TableFormat,
    entries: readonly TableEntry[],
    options: TableOptions & { model: string; adapter: string },
  ): string;
}
