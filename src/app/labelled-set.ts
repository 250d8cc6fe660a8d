/** Labels in the form in which they go to files and come from them. */
import type { PixelXyxy } from '../lib/boxes';

/** Labels of one image for files; src/data/annotations/types.ts says more. `extra` is what a file said beside the rest. */
export interface LabelledFile {
  file: string;
  width: number;
  height: number;
  objects: readonly {
    classIndex: number;
    box: PixelXyxy;
    difficult?: boolean;
    crowd?: boolean;
    extra?: unknown;
  }[];
  extra?: unknown;
}

export interface LabelledSet {
  classes: readonly string[];
  images: readonly LabelledFile[];
  extra?: unknown;
}
