/** What is kept between visits, and the ports that keep it. Plain data; the bytes of images lie apart, by their hash. */
import type { ImageOrigin } from '../state/images';
import type { LabelClass, LabelledItem, WorkMode } from '../state/labels';
import type { SplitName } from '../lib/training';

export interface KeptImage {
  id: string;
  name: string;
  origin: ImageOrigin;
  /** Hash under which the bytes are kept; null for a sample, which comes with the page. */
  bytes: string | null;
  /** Upright size in pixels, 0 where it was not known. */
  width: number;
  height: number;
  /** Place in the strip; later ones are greater. */
  place: number;
}

/** Everything but images, items and texts, each under a key of its own. */
export interface KeptValues {
  classes: LabelClass[];
  splits: Record<string, SplitName>;
  fileExtra: unknown;
  splitChoices: Record<string, readonly string[]>;
  currentImage: string | null;
  mode: WorkMode;
  activeClass: string | null;
}

export interface KeptSession {
  /** In the order of the strip. */
  images: KeptImage[];
  /** Labels by image id. */
  items: Record<string, LabelledItem>;
  /** Label files that wait for images, by path. */
  texts: Record<string, string>;
  values: Partial<KeptValues>;
}

/** What changed; null removes. */
export interface KeptChanges {
  images?: Record<string, KeptImage | null>;
  items?: Record<string, LabelledItem | null>;
  texts?: Record<string, string | null>;
  values?: Partial<KeptValues>;
}

export interface KeptPorts {
  /**
   * Takes the right to keep things, which one tab of the browser has at a time, and reads what was kept.
   * @returns null where another tab has it: this tab keeps nothing
   * @throws DetectorError `storage` where the browser keeps nothing
   */
  open(): Promise<KeptSession | null>;
  /** Writes all of it or nothing. Begins at once, in the order of the calls. @throws DetectorError `storage` */
  write(changes: KeptChanges): Promise<void>;
  /** @returns the hash to find the bytes by @throws DetectorError `storage` */
  keepBytes(blob: Blob): Promise<string>;
  /** Null where they are gone. */
  openBytes(hash: string): Promise<Blob | null>;
  removeBytes(hash: string): Promise<void>;
  /** Whether a kept run of training needs these bytes. */
  isInRuns(hash: string): Promise<boolean>;
  /** Asks the browser not to clear the storage by itself. */
  persist(): Promise<void>;
}
