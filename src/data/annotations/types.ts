/**
 * Labels as the program keeps them, whatever format they came from. Plain serialisable data.
 *
 * A set remembers under `extra` what its files said beyond these fields, by format. A writer of the same format puts it
 * back wherever it still agrees with the fields; so reading and writing again changes nothing that nobody changed.
 */
import type { PixelXyxy } from '../../lib/boxes';
import type { AppError } from '../../lib/errors';
import type { XmlElement } from './xml';

export type LabelFormat = 'coco' | 'yolo' | 'voc';

type Json = Readonly<Record<string, unknown>>;

export interface LabelledObject {
  /** Into `LabelSet.classes`. */
  readonly classIndex: number;
  /** Edges in pixels of the image; may reach over its sides, always has an area and touches the image. */
  readonly box: PixelXyxy;
  /** Pascal VOC: hard to recognise, not counted by its evaluation. */
  readonly difficult?: boolean;
  /** COCO: a region with many objects. */
  readonly crowd?: boolean;
  readonly extra?: {
    /** The annotation, and its place in the file's list. */
    readonly coco?: { readonly at: number; readonly json: Json };
    /** The numbers behind the class, as written. */
    readonly yolo?: string;
    readonly voc?: XmlElement;
  };
}

export interface LabelledImage {
  /** Path as the label file says it, with '/'; unique in its set. */
  readonly file: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly objects: readonly LabelledObject[];
  readonly extra?: {
    readonly coco?: Json;
    /** Where the image and its label file lay; no label file for an image without objects that had none. */
    readonly yolo?: { readonly label: string | null };
    /** Where the XML file and the image lay, `file` as read, and the annotation with one empty object as place holder. */
    readonly voc?: {
      readonly path: string;
      readonly image?: string;
      readonly file: string;
      readonly annotation: XmlElement;
    };
  };
}

export interface LabelSet {
  readonly classes: readonly string[];
  readonly images: readonly LabelledImage[];
  readonly extra?: {
    /** The file's outermost object; `images` and `annotations` are empty. */
    readonly coco?: Json;
    /** data.yaml: its path and text, the number of each class in the label files, and the splits it named. */
    readonly yolo?: {
      readonly path: string;
      readonly text: string;
      readonly classes: readonly string[];
      readonly ids: readonly number[];
      readonly splits: Splits;
    };
  };
}

/** Name of a split to the `file`s of its images. Splits may overlap: few_shot_10 is a part of train. */
export type Splits = Readonly<Record<string, readonly string[]>>;

export interface ReadResult {
  readonly set: LabelSet;
  /** What the label files themselves say; empty where they say nothing. */
  readonly splits: Splits;
  /** What was left out, with file and line or element. */
  readonly problems: readonly AppError[];
}

export interface WrittenLabels {
  /** Path to text. */
  readonly files: ReadonlyMap<string, string>;
  /** Path that the label files expect to `file` of the image that belongs there. */
  readonly images: ReadonlyMap<string, string>;
  /** What the format cannot say. */
  readonly problems: readonly AppError[];
}
