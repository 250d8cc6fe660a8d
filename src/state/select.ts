/** Selectors that more than one panel needs. */
import type { ImageDetections } from '../lib/types';
import type { ImageItem } from './images';
import type { AskedViews } from './query-views';
import type { AppState } from './store';

export const currentItem = (state: AppState): ImageItem | undefined =>
  state.images.find((item) => item.id === state.currentImage);

/** Of the current image; while the camera is live, of its latest frame. */
export const currentResult = ({ live, currentImage, results }: AppState): ImageDetections | undefined => {
  if (live) return live.detections ?? undefined;
  return currentImage === null ? undefined : results[currentImage];
};

const NO_NAMES: readonly string[] = [];

/** Class names of the model that made the current result; empty while they are not known. */
export const currentNames = (state: AppState): readonly string[] => {
  const result = currentResult(state);
  return (result && state.classNames[result.model]) ?? NO_NAMES;
};

/** Number of layer positions of the current result: L + 1 with the query selection; 0 without a result. */
export const layerCount = (state: AppState): number => currentResult(state)?.layers.length ?? 0;

/** The whole layer nearest to the position, inside the current result. */
export const wholeLayer = (state: AppState): number => {
  const last = Math.max(layerCount(state) - 1, 0);
  return state.layerPosition === null ? last : Math.min(Math.round(state.layerPosition), last);
};

/** What is asked or known about the followed query of the current image; undefined where nothing is. */
export const currentViews = ({ askedViews, currentImage, selectedQuery }: AppState): AskedViews | undefined =>
  askedViews?.image === currentImage && askedViews?.query === selectedQuery ? askedViews : undefined;
