/** What a view is made of: plain data. */
import type { TrainSettings } from '../../lib/train-settings';
import type { ImageLabels } from '../../lib/training';
import type { ColourChange } from './colour';

/** Fractions of an image or of a view; x and y of the top left corner. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Piece {
  /** Id of the image. */
  readonly image: string;
  /** The part of the upright image that is shown. */
  readonly source: Rect;
  /** Where it is shown in the view. */
  readonly target: Rect;
  /** Left and right changed. */
  readonly flip: boolean;
}

export interface ViewPlan {
  /** 0 is the plain image. */
  readonly view: number;
  /** One, or the four of a mosaic. What none covers is plain ground. */
  readonly pieces: readonly Piece[];
  readonly colour: ColourChange | null;
}

/** What planning has to know of an image. */
export interface ViewSource {
  readonly id: string;
  /** Pixels of the upright image. */
  readonly width: number;
  readonly height: number;
  /** Null: nobody has labelled it. */
  readonly labels: ImageLabels | null;
}

export type ViewSettings = Pick<TrainSettings, 'flip' | 'crop' | 'zoomOut' | 'colour' | 'mosaic'>;

export const WHOLE: Rect = Object.freeze({ x: 0, y: 0, w: 1, h: 1 });
