/**
 * What the app needs from outside of the interface: reading dropped things, decoding, writing tables. src/main.tsx plugs
 * in src/data; the app itself knows only these shapes, as the import directions ask.
 */
import type { AppError } from '../lib/errors';
import type { ImageDetections } from '../lib/types';
import type { ExportFormat } from '../state/commands';
import type { LabelFormat, SplitWarning } from '../state/label-files';
import type { Decoded } from '../state/pictures';
import type { Frame } from '../workers/protocol';
import type { LabelledSet } from './labelled-set';
import type { KeptPorts } from './persistence-types';
import type { SessionPorts } from './session-types';

/** One thing found among dropped, picked or pasted files. */
export type Collected =
  | { file: File; path: string }
  | { refused: AppError }
  /** May hold labels; `Ports.readLabels` finds out. */
  | { text: File; path: string }
  | { checkpoint: { name: string; files: File[] } }
  /** A whole session in one file, for `Ports.session.read`. */
  | { session: File; path: string };

/** A camera that is on. */
export interface LiveCamera {
  /** Plays what the camera sees. */
  video: HTMLVideoElement;
  /** Calls back for each new frame until the camera is closed. */
  onFrame(callback: () => void): void;
  /** Calls back when the camera goes away by itself. */
  onEnd(callback: () => void): void;
  /** Off: the camera delivers black frames, which nobody should look at. */
  setEnabled(enabled: boolean): void;
  /** The newest frame, owned by the caller; null while there is none. */
  capture(): Promise<Frame | null>;
  close(): void;
}

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

/** Names of splits to the `file`s, or image ids, of their images. */
export type SplitLists = Readonly<Record<string, readonly string[]>>;

export interface ReadLabels {
  sets: readonly {
    set: LabelledSet;
    /** To `file`s. */
    splits: SplitLists;
    /** `file` to image id; images that are not here are missing. */
    images: ReadonlyMap<string, string>;
  }[];
  /** Of a splits.json on its own, to image ids. */
  splits: SplitLists;
  problems: readonly AppError[];
  /** Paths of files that are worth reading again when more images are here. */
  waiting: readonly string[];
}

export interface WrittenLabels {
  /** Path to text. */
  files: ReadonlyMap<string, string>;
  /** Path to `file` of the image that belongs there. */
  images: ReadonlyMap<string, string>;
  /** What the format cannot say. */
  problems: readonly AppError[];
}

export interface NamedImage {
  id: string;
  name: string;
  blob: Blob;
}

export interface LabelPorts {
  /** Finds label files of any format among texts by path and joins them to images by name. Never rejects for bad files. */
  read(texts: ReadonlyMap<string, Blob>, images: readonly NamedImage[]): Promise<ReadLabels>;
  write(format: LabelFormat, set: LabelledSet, splits: SplitLists): Promise<WrittenLabels>;
  zip(written: WrittenLabels, imageOf: (file: string) => Promise<Blob | undefined>): Promise<Blob>;
  /** Splits by class shares, the same for the same images; `byHand` are given. Every `file` is in one of the two. */
  split(set: LabelledSet, byHand: ReadonlyMap<string, 'train' | 'val'>): { train: string[]; val: string[] };
  /** Pairs across the split that are the same or nearly so, the closest first. Images that cannot be read are left out. */
  duplicates(train: readonly NamedImage[], heldOut: readonly NamedImage[]): Promise<SplitWarning[]>;
  /** Of the upright image; undefined where the file tells none. */
  sizeOf(image: Blob): Promise<{ width: number; height: number } | undefined>;
}

export interface Ports {
  labels: LabelPorts;
  /** Where images and labels are kept between visits. */
  kept: KeptPorts;
  /** A whole session as one file. */
  session: SessionPorts;
  /** Reads a DataTransfer before the first await, as the browser asks. */
  collect(items: DataTransfer | readonly File[]): AsyncIterable<Collected>;
  /** @throws DetectorError('image') with the reason */
  decode(blob: Blob, name: string): Promise<Decoded>;
  /** A small picture with sides of at most `side` pixels. */
  thumbnail(blob: Blob, name: string, side: number): Promise<Blob>;
  /** One frame of the camera; @throws DetectorError when it is denied or absent. */
  webcamFrame(): Promise<ImageBitmap>;
  /** The camera, on until it is closed; @throws DetectorError when it is denied or absent. */
  openWebcam(): Promise<LiveCamera>;
  /** Files as one zip archive. */
  zip(files: readonly { path: string; bytes: Uint8Array<ArrayBuffer> }[]): Promise<Blob>;
  writeTable(
    format: TableFormat,
    entries: readonly TableEntry[],
    options: TableOptions & { model: string; adapter: string },
  ): string;
}
