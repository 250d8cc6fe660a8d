/**
 * Mouse, pen and one finger while boxes are labelled: a drag draws, moves or pulls at a box, a click chooses one. What a drag
 * makes is drawn by the painter alone; the store hears of it once, at its end, so that a drag is one step to undo.
 */
import type { Point } from '../../lib/box-edits';
import { acceptPredictions, addLabel, type Stores } from '../../state/label-actions';
import type { LabelClass } from '../../state/labels';
import { classColour } from '../../ui/drawing/colours';
import { gestureAt, gestureBox, isDrag, isMeant, type Gesture } from '../../ui/drawing/label-gesture';
import { cursorOf } from '../../ui/drawing/label-hit';
import { labelColour } from '../../ui/drawing/label-scene';
import { toImage, type Size } from '../../ui/drawing/view';
import { boxAtPoint, chooseAt, isChosenPrediction } from './label-choice';
import type { Painter } from './painter';

/** CSS pixels around a handle that still mean it. */
const REACH = { fine: 7, finger: 18 } as const;

export interface LabelPointer {
  /** Ends a drag without a trace; false when there is none. */
  cancel(): boolean;
  /** Where the pointer is on the image, its centre when it is elsewhere; null without an image. */
  place(): Point | null;
  /** Upright size of the image in pixels, 0 until it is known. */
  image(): Size;
  stop(): void;
}

interface PointerParts {
  frame: HTMLElement;
  painter: Painter;
  stores: Stores;
  /** Name of the class that is made for the first box. */
  firstClass: string;
}

interface Press {
  pointer: number;
  start: Point;
  gesture: Gesture;
  dragging: boolean;
}

export function followLabelPointer({ frame, painter, stores, firstClass }: PointerParts): LabelPointer {
  const { app, labels } = stores;
  const fingers = new Set<number>();
  let press: Press | null = null;
  /** The click that follows a drag means nothing. */
  let dragged = false;
  let last: Point | null = null;

  const isOn = (): boolean => labels.getState().mode === 'label' && painter.image.width > 0;
  const onScreen = (event: MouseEvent): Point => {
    const rect = frame.getBoundingClientRect();
    return [event.clientX - rect.left, event.clientY - rect.top];
  };
  const onImage = ([x, y]: Point): Point => toImage(painter.view(), x, y);
  const selected = () => painter.labels?.labels.find((box) => box.selected) ?? null;
  const gestureOf = (event: PointerEvent): Gesture => {
    const reach = event.pointerType === 'touch' ? REACH.finger : REACH.fine;
    return gestureAt(painter.view(), onScreen(event), { selected: selected(), always: event.shiftKey, reach });
  };
  const activeColour = (): string => {
    const { classes, activeClass } = labels.getState();
    const active: LabelClass | undefined = classes.find(({ id }) => id === activeClass);
    return active ? labelColour(active) : classColour(firstClass);
  };
  const cancel = (): boolean => {
    const wasDragging = press?.dragging ?? false;
    press = null;
    painter.setDraft(null);
    return wasDragging;
  };

  const down = (event: PointerEvent): void => {
    if (!isOn() || event.button !== 0 || frame.dataset['pan'] === 'ready') return;
    if (event.pointerType === 'touch') fingers.add(event.pointerId);
    dragged = fingers.size > 1;
    if (fingers.size > 1) return void cancel();
    labels.getState().endGesture();
    frame.setPointerCapture(event.pointerId);
    press = { pointer: event.pointerId, start: onScreen(event), gesture: gestureOf(event), dragging: false };
  };
  const drag = (event: PointerEvent, from: Press): void => {
    const at = onScreen(event);
    from.dragging ||= isDrag(from.start, at);
    if (!from.dragging) return;
    const { gesture } = from;
    const id = gesture.kind === 'draw' ? null : gesture.id;
    const colour = gesture.kind === 'draw' ? activeColour() : (selected()?.colour ?? activeColour());
    painter.setDraft({ id, box: gestureBox(gesture, onImage(at), painter.image), colour });
  };
  const hover = (event: PointerEvent): void => {
    last = onImage(onScreen(event));
    const gesture = gestureOf(event);
    frame.style.cursor = gesture.kind === 'resize' ? cursorOf(gesture.handle) : gesture.kind === 'move' ? 'move' : '';
    painter.setGuides(gesture.kind === 'draw' ? last : null);
    const over = boxAtPoint(painter, last);
    if (labels.getState().hoveredBox !== over) labels.getState().hoverBox(over);
  };
  const move = (event: PointerEvent): void => {
    if (!isOn()) return;
    if (press) {
      if (press.pointer === event.pointerId) drag(event, press);
    } else if (event.pointerType !== 'touch') hover(event);
  };
  const commit = (gesture: Gesture, end: Point): void => {
    const box = gestureBox(gesture, end, painter.image);
    const image = app.getState().currentImage;
    if (image === null || !isMeant(box, painter.view())) return;
    if (gesture.kind === 'draw') addLabel(stores, box, firstClass);
    else labels.getState().updateBox(image, gesture.id, { box });
  };
  const up = (event: PointerEvent): void => {
    fingers.delete(event.pointerId);
    if (!press || press.pointer !== event.pointerId) return;
    const { dragging, gesture } = press;
    press = null;
    dragged ||= dragging;
    if (dragging) {
      last = onImage(onScreen(event));
      commit(gesture, last);
    }
    painter.setDraft(null);
  };
  const lost = (event: PointerEvent): void => {
    fingers.delete(event.pointerId);
    if (press?.pointer === event.pointerId) cancel();
  };
  const click = (event: MouseEvent): void => {
    if (!isOn() || dragged) return;
    const query = app.getState().selectedQuery;
    const at = onImage(onScreen(event));
    // The first click of two chose it.
    if (event.detail > 1 && query !== null && isChosenPrediction(painter, at)) acceptPredictions(stores, query);
    else chooseAt(stores, painter, at);
  };
  const leave = (): void => {
    if (press) return;
    last = null;
    painter.setGuides(null);
    frame.style.cursor = '';
    if (labels.getState().hoveredBox !== null) labels.getState().hoverBox(null);
  };
  /** Another image or another mode ends what was begun. */
  const stopImage = app.subscribe((state, before) => {
    if (state.currentImage !== before.currentImage) cancel();
  });
  const stopMode = labels.subscribe((state, before) => {
    if (state.mode === before.mode) return;
    cancel();
    leave();
    fingers.clear();
  });

  const listening = new AbortController();
  const { signal } = listening;
  frame.addEventListener('pointerdown', down, { signal });
  frame.addEventListener('pointermove', move, { signal });
  frame.addEventListener('pointerup', up, { signal });
  frame.addEventListener('pointercancel', lost, { signal });
  frame.addEventListener('pointerleave', leave, { signal });
  frame.addEventListener('click', click, { signal });
  return {
    cancel: () => {
      dragged = true;
      return cancel();
    },
    place: () => {
      const { width, height } = painter.image;
      return width === 0 ? null : (last ?? [width / 2, height / 2]);
    },
    image: () => painter.image,
    stop: () => {
      listening.abort();
      stopImage();
      stopMode();
    },
  };
}
