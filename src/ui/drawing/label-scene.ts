/** What is drawn over an image that is labelled, as plain data in image pixels: made here, drawn by label-draw.ts. */
import type { PixelXyxy } from '../../lib/boxes';
import { classColour, PALETTE } from './colours';
import { sidesOf, type Point } from '../../lib/box-edits';

export interface LabelSceneBox {
  id: string;
  box: PixelXyxy;
  colour: string;
  /** For the tag. */
  text: string;
  selected: boolean;
  hovered: boolean;
}

export interface PredictionSceneBox {
  query: number;
  box: PixelXyxy;
  colour: string;
  text: string;
  selected: boolean;
}

/** The box of a drag that is not over; `id` is the label that it changes, null for a new one. */
export interface Draft {
  id: string | null;
  box: PixelXyxy;
  colour: string;
}

/** Painted in this order: predictions, labels (the selected one on top), the draft, guides. */
export interface LabelScene {
  labels: readonly LabelSceneBox[];
  predictions: readonly PredictionSceneBox[];
  draft: Draft | null;
  /** Where the lines across the whole picture cross, in image pixels. */
  guides: Point | null;
}

/** "#rrggbb" of a class: chosen, or by its name. */
export function labelColour({ name, colour }: { name: string; colour: number | null }): string {
  return (colour === null ? undefined : PALETTE[colour]) ?? classColour(name);
}

/** "120 × 80": a size in whole pixels. */
export function sizeText(box: PixelXyxy): string {
  const { width, height } = sidesOf(box);
  return `${Math.round(width)} × ${Math.round(height)}`;
}
