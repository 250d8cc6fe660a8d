/** Ties the canvases to the store: no React render stands between a change in the store and the next frame. */
import type { LabelStore } from '../../state/labels';
import type { Decoded } from '../../state/pictures';
import { currentItem, currentNames, currentResult } from '../../state/select';
import type { AppState, AppStore } from '../../state/store';
import { hitBox } from '../../ui/drawing/hit';
import { buildScene, type Scene } from '../../ui/drawing/scene';
import { toImage } from '../../ui/drawing/view';
import { followLabelKeys } from './label-keys';
import { followLabelPointer } from './label-pointer';
import { followLabels } from './follow-labels';
import { followLive } from './follow-live';
import { followLooked } from './follow-looked';
import { Painter } from './painter';
import { attachZoom } from './zoom';

/** CSS pixels around a box's edge that still mean the box. */
const SLACK = 4;

export interface StageHandle {
  zoomIn(): void;
  zoomOut(): void;
  /** Fits the image again. */
  fit(): void;
  destroy(): void;
}

export interface StageParts {
  /** Takes pointer and wheel. */
  frame: HTMLElement;
  /** Canvas of the picture. */
  picture: HTMLCanvasElement;
  /** Canvas over it, for boxes and trails. */
  overlay: HTMLCanvasElement;
  store: AppStore;
  labels: LabelStore;
  /** Name of the class that is made for the first box. */
  firstClass: string;
  /** The decoded picture of an image id. */
  fetchPicture(id: string): Promise<Decoded> | undefined;
  /** The camera's picture while it is live. */
  liveVideo(): HTMLVideoElement | null;
  /** Told the magnification over the fitted view. */
  onMagnify(k: number): void;
}

export function mountStage(parts: StageParts): StageHandle {
  const { frame, picture, overlay, store, labels, firstClass, fetchPicture, liveVideo, onMagnify } = parts;
  const isLabelling = (): boolean => labels.getState().mode === 'label';
  const painter = new Painter(picture, overlay);
  const zoom = attachZoom(
    frame,
    (next) => {
      painter.setZoom(next);
      onMagnify(next.k);
    },
    isLabelling,
  );
  const observer = new ResizeObserver(([entry]) => {
    if (entry) painter.resize(entry.contentRect, window.devicePixelRatio);
  });
  observer.observe(frame);
  const stops = [
    followScene(store, painter),
    followLooked(store, painter),
    followPicture(store, fetchPicture, painter, zoom.reset),
    followLive(store, liveVideo, painter, zoom.reset),
    followPointer(frame, store, painter, isLabelling),
    followLabels({ app: store, labels }, painter),
  ];
  const pointer = followLabelPointer({ frame, painter, stores: { app: store, labels }, firstClass });
  stops.push(pointer.stop, followLabelKeys({ app: store, labels }, pointer, firstClass));
  return {
    zoomIn: zoom.in,
    zoomOut: zoom.out,
    fit: zoom.reset,
    destroy: () => {
      observer.disconnect();
      for (const stop of stops) stop();
      zoom.destroy();
      painter.destroy();
    },
  };
}

function sceneOf(state: AppState): Scene {
  const result = currentResult(state);
  if (!result) return { boxes: [], trails: [] };
  return buildScene(result, {
    names: currentNames(state),
    threshold: state.threshold,
    position: state.layerPosition,
    hidden: state.hiddenClasses,
    selected: state.selectedQuery,
    hovered: state.hoveredQuery,
    trails: state.trails,
    pending: state.playing,
  });
}

/** What the scene depends on, compared by identity. */
const sceneInputs = (state: AppState): unknown[] => [
  currentResult(state),
  currentNames(state),
  state.threshold,
  state.layerPosition,
  state.hiddenClasses,
  state.selectedQuery,
  state.hoveredQuery,
  state.trails,
  state.showLabels,
  state.playing,
];

function followScene(store: AppStore, painter: Painter): () => void {
  let inputs: unknown[] = [];
  const update = (state: AppState): void => {
    const next = sceneInputs(state);
    if (next.length === inputs.length && next.every((value, index) => value === inputs[index])) return;
    inputs = next;
    painter.setScene(sceneOf(state), state.showLabels);
  };
  update(store.getState());
  return store.subscribe(update);
}

/** Shows the current image as soon as it is decoded. */
function followPicture(
  store: AppStore,
  fetchPicture: StageParts['fetchPicture'],
  painter: Painter,
  fit: () => void,
): () => void {
  let shown: string | null = null;
  const update = (state: AppState): void => {
    if (state.currentImage === shown) return;
    shown = state.currentImage;
    const id = shown;
    const item = currentItem(state);
    fit();
    painter.setImage(null, item ?? { width: 0, height: 0 });
    if (id === null) return;
    fetchPicture(id)?.then(
      ({ bitmap, width, height }) => {
        if (shown === id) painter.setImage(bitmap, { width, height });
      },
      // The stage then shows the detector's own words on why it cannot be read.
      () => undefined,
    );
  };
  update(store.getState());
  const stop = store.subscribe(update);
  return () => {
    shown = null;
    stop();
  };
}

function followPointer(frame: HTMLElement, store: AppStore, painter: Painter, isLabelling: () => boolean): () => void {
  const queryAt = (event: MouseEvent): number | null => {
    const rect = frame.getBoundingClientRect();
    const view = painter.view();
    const [x, y] = toImage(view, event.clientX - rect.left, event.clientY - rect.top);
    const { boxes } = painter.scene;
    return boxes[hitBox(boxes, x, y, SLACK / view.scale)]?.query ?? null;
  };
  const hover = (query: number | null): void => {
    if (store.getState().hoveredQuery !== query) store.getState().hoverQuery(query);
  };
  const move = (event: PointerEvent): void => {
    if (event.pointerType === 'mouse' && !isLabelling()) hover(queryAt(event));
  };
  const click = (event: MouseEvent): void => {
    if (isLabelling()) return;
    const query = queryAt(event);
    const { selectedQuery, selectQuery } = store.getState();
    selectQuery(query === selectedQuery ? null : query);
  };
  const stop = new AbortController();
  const { signal } = stop;
  frame.addEventListener('pointermove', move, { signal });
  frame.addEventListener('pointerleave', () => hover(null), { signal });
  frame.addEventListener('click', click, { signal });
  return () => stop.abort();
}
