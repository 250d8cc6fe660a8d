/** A whole session as one file: what the app hands to the port that writes it, and gets back from the one that reads it. */
import type { AppError } from '../lib/errors';
import type { SplitName } from '../lib/training';
import type { LabelledSet } from './labelled-set';

export interface SavedImage {
  /** The page's. */
  id: string;
  /** Unique path in the file; `LabelledFile.file` of its labels. */
  file: string;
  name: string;
  blob: Blob;
  /** Upright size in pixels, 0 where it is not known. */
  width: number;
  height: number;
  /** `ImageNotes` of session-parts.ts. */
  notes?: unknown;
}

/** A kept run: its files by name. */
export interface SavedRun {
  id: string;
  files: ReadonlyMap<string, Blob>;
}

/** A photo that runs need. */
export interface SavedPhoto {
  sha256: string;
  blob: Blob;
}

export interface SavedRuns {
  runs: readonly SavedRun[];
  photos: readonly SavedPhoto[];
}

/** What of the session the page itself holds. */
export interface SavedPage {
  images: readonly SavedImage[];
  /** Images without an entry are not labelled. */
  labels: LabelledSet;
  /** Index into the palette by class name. */
  colours: Readonly<Record<string, number>>;
  /** By `file`; absent: automatic. */
  splits: Readonly<Record<string, SplitName>>;
  /** `SavedView` of session-parts.ts. */
  view: unknown;
}

export type SavedSession = SavedPage & SavedRuns;

export interface SessionWork {
  /** Ends the work with an AbortError. */
  signal: AbortSignal;
  onFile(done: number, total: number): void;
}

export interface SessionPorts {
  write(session: SavedSession, work: SessionWork): Promise<Blob>;
  /**
   * @returns everything that is whole, and the rest as problems
   * @throws DetectorError `storage` for another file, `unsupported` for a later version
   */
  read(file: Blob, name: string, work: SessionWork): Promise<{ session: SavedSession; problems: readonly AppError[] }>;
  /** The kept runs; what of them is damaged is a problem. */
  exportRuns(): Promise<SavedRuns & { problems: readonly AppError[] }>;
  /** @returns ids of the runs that are new here */
  importRuns(saved: SavedRuns): Promise<{ kept: readonly string[]; problems: readonly AppError[] }>;
}
