/** What a session file holds: plain data and files. Ids of images are the page's; `file`s are unique paths, as in a LabelSet. */
import type { AppError } from '../../lib/errors';
import type { SplitName } from '../../lib/training';
import type { LabelSet } from '../annotations/types';
import type { RunFiles, RunPhoto } from '../runs/transfer';

export interface SessionImage {
  readonly id: string;
  /** Unique path; `LabelledImage.file` of its labels. */
  readonly file: string;
  /** For people; need not be unique. */
  readonly name: string;
  readonly blob: Blob;
  /** Pixels of the upright image; 0 where nobody has looked yet. */
  readonly width: number;
  readonly height: number;
  /** Anything more that the page knows of it, as JSON: who drew which box, whether it is reviewed. */
  readonly notes?: unknown;
}

export interface SessionParts {
  readonly images: readonly SessionImage[];
  /** An image without an entry here is not labelled; an entry without objects says that nothing is there. */
  readonly labels: LabelSet;
  /** Index into the palette by class name; absent: by name. */
  readonly colours: Readonly<Record<string, number>>;
  /** By `file`; absent: automatic. */
  readonly splits: Readonly<Record<string, SplitName>>;
  /** What was looked at and how, as JSON. */
  readonly view: unknown;
  readonly runs: readonly RunFiles[];
  /** Photos that the runs need. */
  readonly photos: readonly RunPhoto[];
}

export interface ReadSession {
  readonly parts: SessionParts;
  /** What was left out, with the file inside the archive and why. */
  readonly problems: readonly AppError[];
}

export interface SessionWork {
  /** Ends the work between two files. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each file. */
  readonly onFile?: ((done: number, total: number) => void) | undefined;
}
