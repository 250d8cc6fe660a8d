/** What a person does with labels that needs both stores: the labels, and the images with what the model found on them. */
import { boxBeside, clipBox } from '../lib/box-edits';
import { overlapOf } from '../lib/box-overlap';
import type { PixelXyxy } from '../lib/boxes';
import { shownAt } from '../lib/layers';
import type { LabelBox, LabelState, LabelStore, NewBox } from './labels';
import { classNameOf } from './model';
import { currentItem, currentNames, currentResult } from './select';
import type { AppState, AppStore } from './store';

export interface Stores {
  app: AppStore;
  labels: LabelStore;
}

export interface Prediction {
  query: number;
  /** Class name. */
  name: string;
  score: number;
  box: PixelXyxy;
}

/** A prediction that overlaps a label by more is that label. */
export const COVERED_IOU = 0.7;

/** Image pixels between a box and its copy. */
const COPY_OFFSET = 12;

const NO_BOXES: readonly LabelBox[] = [];

export const boxesOfCurrent = (app: AppState, labels: Pick<LabelState, 'items'>): readonly LabelBox[] =>
  (app.currentImage === null ? undefined : labels.items[app.currentImage]?.boxes) ?? NO_BOXES;

const centred = ([x0, y0, x1, y1]: PixelXyxy): number[] => [(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0];

const iou = (a: PixelXyxy, b: PixelXyxy): number => overlapOf(centred(a), 0, centred(b), 0).iou;

/** What the model shows on the current image and no label covers yet, best first, each query with its best class. */
export function openPredictions(app: AppState, boxes: readonly LabelBox[]): Prediction[] {
  const result = currentResult(app);
  if (!result) return [];
  const names = currentNames(app);
  const seen = new Set<number>();
  return shownAt(result, app.layerPosition, app.threshold)
    .filter(({ query }) => !seen.has(query) && seen.add(query))
    .map(({ query, label, score, box }) => ({ query, name: classNameOf(names, label), score, box }))
    .filter(({ name, box: [x0, y0, x1, y1] }) => !app.hiddenClasses.includes(name) && x1 > x0 && y1 > y0)
    .filter(({ box }) => !boxes.some((label) => iou(label.box, box) > COVERED_IOU));
}

/**
 * Takes over predictions of the current image as labels, one step to undo: all that no label covers, or one query's.
 * @returns how many
 */
export function acceptPredictions({ app, labels }: Stores, query?: number): number {
  const image = app.getState().currentImage;
  const open = openPredictions(app.getState(), boxesOfCurrent(app.getState(), labels.getState()));
  const taken = query === undefined ? open : open.filter((each) => each.query === query);
  if (image === null || taken.length === 0) return 0;
  const { beginGesture, endGesture, addClass, acceptBoxes, selectBox } = labels.getState();
  beginGesture();
  const ids = acceptBoxes(
    image,
    taken.map(({ name, box }): NewBox => ({ classId: addClass(name), box })),
  );
  endGesture();
  selectBox(query === undefined ? null : (ids[0] ?? null));
  app.getState().selectQuery(null);
  return taken.length;
}

/**
 * A new, selected box of a class (left out: the active one) on the current image; one step to undo.
 * @param firstClass name of the class that is made when there is none
 */
export function addLabel({ app, labels }: Stores, box: PixelXyxy, firstClass: string, classId?: string): void {
  const image = app.getState().currentImage;
  if (image === null) return;
  const { beginGesture, endGesture, addClass, addBox, selectBox, activeClass, classes } = labels.getState();
  beginGesture();
  const known = [classId, activeClass].find((id) => classes.some((each) => each.id === id));
  const id = addBox(image, box, known ?? addClass(firstClass));
  endGesture();
  selectBox(id);
  app.getState().selectQuery(null);
}

/** Size of the current image; without end while it is not known. */
function currentSize(app: AppState): { width: number; height: number } {
  const item = currentItem(app);
  return item && item.width > 0 ? item : { width: Infinity, height: Infinity };
}

/** A copy of the selected box beside it, selected. */
export function duplicateSelected(stores: Stores, firstClass: string): void {
  const [app, labels] = [stores.app.getState(), stores.labels.getState()];
  const from = boxesOfCurrent(app, labels).find(({ id }) => id === labels.selectedBox);
  if (from) addLabel(stores, boxBeside(from.box, COPY_OFFSET, currentSize(app)), firstClass, from.classId);
}

/** The image before the current one in the strip that has labels to repeat, null when there is none. */
export function previousWithLabels(app: AppState, labels: Pick<LabelState, 'items'>): string | null {
  const at = app.images.findIndex(({ id }) => id === app.currentImage);
  const previous = app.images[at - 1];
  return previous && (labels.items[previous.id]?.boxes.length ?? 0) > 0 ? previous.id : null;
}

/** Copies of the previous image's boxes, inside the current one; those that it has already are left out. */
export function repeatPrevious({ app, labels }: Stores): void {
  const image = app.getState().currentImage;
  const previous = previousWithLabels(app.getState(), labels.getState());
  if (image === null || previous === null) return;
  const { items, acceptBoxes } = labels.getState();
  const there = boxesOfCurrent(app.getState(), labels.getState());
  const size = currentSize(app.getState());
  const copies = items[previous]!.boxes.map(({ box, classId }): NewBox => ({
    box: clipBox(box, size),
    classId,
    origin: 'drawn',
  }))
    .filter(({ box: [x0, y0, x1, y1] }) => x1 > x0 && y1 > y0)
    .filter(({ box, classId }) => !there.some((own) => own.classId === classId && iou(own.box, box) > COVERED_IOU));
  acceptBoxes(image, copies);
}

/** The class for the selected box; without one, or with `next`, it becomes the class of the next box. */
export function chooseClass({ app, labels }: Stores, id: string, next = false): void {
  const { selectedBox, updateBox, setActiveClass } = labels.getState();
  const image = app.getState().currentImage;
  const selected = boxesOfCurrent(app.getState(), labels.getState()).find((box) => box.id === selectedBox);
  if (image !== null && selected && selected.classId !== id) updateBox(image, selected.id, { classId: id });
  if (!selected || next) setActiveClass(id);
}

/** Removes the selected box. */
export function removeSelected({ app, labels }: Stores): void {
  const image = app.getState().currentImage;
  const { selectedBox, removeBox } = labels.getState();
  if (image !== null && selectedBox !== null) removeBox(image, selectedBox);
}

/** The other mode; what was followed or played ends. */
export function switchMode({ app, labels }: Stores, mode: LabelState['mode']): void {
  labels.getState().setMode(mode);
  app.getState().selectQuery(null);
  app.getState().setPlaying(false);
}
