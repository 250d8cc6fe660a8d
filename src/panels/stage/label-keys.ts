/** The keyboard while boxes are labelled. */
import { boxAround, moveBox } from '../../lib/box-edits';
import type { PixelXyxy } from '../../lib/boxes';
import {
  acceptPredictions,
  addLabel,
  boxesOfCurrent,
  chooseClass,
  duplicateSelected,
  removeSelected,
  repeatPrevious,
  type Stores,
} from '../../state/label-actions';
import type { LabelBox } from '../../state/labels';
import { shortcutName, takesText } from '../../ui/use-shortcuts';
import type { LabelPointer } from './label-pointer';

/** Image pixels of a step with an arrow key, without and with Shift. */
const NUDGE = { fine: 1, coarse: 10 } as const;

const ARROWS: Record<string, readonly [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** False: the key means nothing here and goes on to others. */
type KeyAction = (event: KeyboardEvent) => unknown;

/**
 * Listens on the document: after the control that has the focus, before the keys of the page, which are the window's.
 * @param firstClass name of the class that is made for the first box
 */
export function followLabelKeys(stores: Stores, pointer: LabelPointer, firstClass: string): () => void {
  const last = rememberLast(stores);
  const table = {
    ...editKeys(stores, pointer),
    ...copyKeys(stores, pointer, last.box, firstClass),
    ...nudgeKeys(stores, pointer),
    ...classKeys(stores),
  };
  const press = (event: KeyboardEvent): void => {
    if (stores.labels.getState().mode !== 'label' || event.defaultPrevented || event.altKey) return;
    if (takesText(event.target) || isElsewhere(event.target)) return;
    const name = shortcutName(event);
    if (!(name in ARROWS)) stores.labels.getState().endGesture();
    if (table[name] && table[name](event) !== false) event.preventDefault();
  };
  const release = (event: KeyboardEvent): void => {
    if (event.key in ARROWS) stores.labels.getState().endGesture();
  };
  const listening = new AbortController();
  const { signal } = listening;
  document.addEventListener('keydown', press, { signal });
  document.addEventListener('keyup', release, { signal });
  window.addEventListener('blur', () => stores.labels.getState().endGesture(), { signal });
  return () => {
    listening.abort();
    last.stop();
  };
}

/** A dialog, menu or popover keeps its keys. */
const isElsewhere = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('[role="dialog"], [role="menu"]') !== null;

const selectedOf = ({ app, labels }: Stores): LabelBox | undefined =>
  boxesOfCurrent(app.getState(), labels.getState()).find(({ id }) => id === labels.getState().selectedBox);

/** The last box that was put on any image: what N repeats on an empty one. */
function rememberLast({ app, labels }: Stores): { box(): LabelBox | undefined; stop(): void } {
  let last: LabelBox | undefined;
  const stop = labels.subscribe(({ items }, before) => {
    const image = app.getState().currentImage;
    if (image !== null && items !== before.items) last = items[image]?.boxes.at(-1) ?? last;
  });
  return { box: () => last, stop };
}

function editKeys(stores: Stores, pointer: LabelPointer): Record<string, KeyAction> {
  const { app, labels } = stores;
  const remove: KeyAction = () => removeSelected(stores);
  return {
    Escape: () => {
      if (pointer.cancel()) return;
      labels.getState().selectBox(null);
      app.getState().selectQuery(null);
    },
    // Without a selection nothing happens: the key never takes the image off the page here.
    Delete: remove,
    Backspace: remove,
    'Ctrl+z': (event) => (event.shiftKey ? labels.getState().redo() : labels.getState().undo()),
    'Ctrl+y': () => labels.getState().redo(),
    a: () => acceptPredictions(stores),
    Enter: ({ target }) => {
      const query = app.getState().selectedQuery;
      // A focused control has its own use for it.
      if (query === null || target !== document.body) return false;
      acceptPredictions(stores, query);
    },
  };
}

function copyKeys(
  stores: Stores,
  pointer: LabelPointer,
  last: () => LabelBox | undefined,
  firstClass: string,
): Record<string, KeyAction> {
  const { app, labels } = stores;
  const repeatBox = (): void => {
    const from = selectedOf(stores) ?? boxesOfCurrent(app.getState(), labels.getState()).at(-1) ?? last();
    const [at, { width, height }] = [pointer.place(), pointer.image()];
    // Without any box before it one is made all the same: nobody needs a mouse for the first.
    const like: PixelXyxy = from?.box ?? [0, 0, width / 4, height / 4];
    if (at) addLabel(stores, boxAround(like, at, { width, height }), firstClass, from?.classId);
  };
  return {
    'Ctrl+d': () => duplicateSelected(stores, firstClass),
    n: repeatBox,
    r: () => repeatPrevious(stores),
  };
}

/** Arrow keys move the selected box; all presses until the key is let go are one step to undo. */
function nudgeKeys(stores: Stores, pointer: LabelPointer): Record<string, KeyAction> {
  const { app, labels } = stores;
  const nudge =
    ([x, y]: readonly [number, number]): KeyAction =>
    (event) => {
      const [box, image] = [selectedOf(stores), app.getState().currentImage];
      if (!box || image === null || pointer.image().width === 0) return false;
      const by = event.shiftKey ? NUDGE.coarse : NUDGE.fine;
      if (!event.repeat) labels.getState().beginGesture();
      labels.getState().updateBox(image, box.id, { box: moveBox(box.box, x * by, y * by, pointer.image()) });
    };
  return Object.fromEntries(Object.entries(ARROWS).map(([key, direction]) => [key, nudge(direction)]));
}

function classKeys(stores: Stores): Record<string, KeyAction> {
  const numbers = Array.from({ length: 9 }, (_, index) => index + 1);
  const choose = (number: number): void => {
    const its = stores.labels.getState().classes[number - 1];
    if (its) chooseClass(stores, its.id);
  };
  return Object.fromEntries(numbers.map((number) => [String(number), () => choose(number)]));
}
