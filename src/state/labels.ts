/**
 * Store of its own: labels, with undo and redo to the very start. Only `LabelData` is undone; an action is one step, and so is
 * all that happens between `beginGesture` and `endGesture`. An action that changes nothing is no step.
 */
import { temporal, type TemporalState } from 'zundo';
import { createStore, type StateCreator, type StoreApi } from 'zustand/vanilla';
import type { PixelXyxy } from '../lib/boxes';
import type { SplitName } from '../lib/training';
import { classActions } from './labels-classes';
import { activeIn, labelDataOf, labelId, NO_ITEM, NO_LABELS, sameLabels, withBoxes, withoutKeys } from './labels-data';
import type { BoxChange, LabelBox, LabelData, NewBox } from './labels-data';
import { historyActions, type HistoryActions } from './labels-history';

export type { BoxChange, LabelBox, LabelClass, LabelData, LabelledItem, NewBox } from './labels-data';

export type WorkMode = 'detect' | 'label';

export interface LabelState extends LabelData {
  mode: WorkMode;
  /** Class of the next box. */
  activeClass: string | null;
  selectedBox: string | null;
  /** A box that the pointer is on, on the stage or in a list. */
  hoveredBox: string | null;
  /** Images that the split calculator assigned (src/app/labels-split.ts); read them with `effectiveSplits`. */
  automaticSplits: Record<string, 'train' | 'val'>;
  canUndo: boolean;
  canRedo: boolean;
  /** @returns the id of the new box */
  addBox(image: string, box: PixelXyxy, classId: string, origin?: LabelBox['origin']): string;
  updateBox(image: string, id: string, change: BoxChange): void;
  removeBox(image: string, id: string): void;
  /** A copy a little to the right and down, selected. @returns its id, null where there is no such box */
  duplicateBox(image: string, id: string): string | null;
  /** Takes over what a model found, as one step. @returns ids of the new boxes */
  acceptBoxes(image: string, boxes: readonly NewBox[]): string[];
  setReviewed(image: string, reviewed: boolean): void;
  /** Adds copies of another image's boxes. */
  repeatPrevious(image: string, previousImage: string): void;
  /** No boxes, not reviewed. */
  clearImage(image: string): void;
  /** @returns the id of the class of that name, which is new or was there; blanks around the name do not count */
  addClass(name: string): string;
  /** To the name of another class: the two become one, that other. An empty name changes nothing. */
  renameClass(id: string, name: string): void;
  mergeClasses(from: string, into: string): void;
  /** With its boxes. */
  removeClass(id: string): void;
  recolourClass(id: string, colour: number | null): void;
  setSplit(image: string, split: SplitName | 'auto'): void;
  /** Of the images that it names; others stay. */
  setSplits(splits: Record<string, SplitName>): void;
  setMode(mode: WorkMode): void;
  setActiveClass(id: string | null): void;
  selectBox(id: string | null): void;
  hoverBox(id: string | null): void;
  setAutomaticSplits(splits: Record<string, 'train' | 'val'>): void;
  undo(): void;
  redo(): void;
  /** In place of all labels; one step. */
  replaceAll(data: LabelData): void;
  /** Labels of images that are gone: out of the state and of the history, so that no undo brings them back. */
  forgetImages(images: readonly string[]): void;
  /** What follows up to `endGesture` is one step. */
  beginGesture(): void;
  endGesture(): void;
}

export type LabelStore = StoreApi<LabelState> & { temporal: StoreApi<TemporalState<LabelData>> };

/** Pixels between a box and its copy. */
const COPY_OFFSET = 12;

type Actions = Omit<LabelState, keyof HistoryActions>;

const createLabels: StateCreator<LabelState, [], [], Actions> = (set, get) => {
  const boxesOf = (image: string): readonly LabelBox[] => get().items[image]?.boxes ?? [];
  const change = (image: string, edit: (boxes: LabelBox[]) => LabelBox[]): void =>
    set(({ items }) => ({ items: withBoxes(items, image, edit) }));
  const add = (image: string, boxes: readonly NewBox[], origin: LabelBox['origin']): string[] => {
    const added = boxes.map((box): LabelBox => ({ origin, ...box, id: labelId('box') }));
    if (added.length > 0) change(image, (before) => [...before, ...added]);
    return added.map(({ id }) => id);
  };
  return {
    ...NO_LABELS,
    ...classActions(set, get),
    mode: 'detect',
    activeClass: null,
    selectedBox: null,
    hoveredBox: null,
    automaticSplits: {},
    canUndo: false,
    canRedo: false,

    addBox: (image, box, classId, origin = 'drawn') => add(image, [{ box, classId }], origin)[0]!,
    acceptBoxes: (image, boxes) => add(image, boxes, 'model'),
    updateBox: (image, id, edit) => {
      if (!boxesOf(image).some((box) => box.id === id)) return;
      change(image, (boxes) => boxes.map((box) => (box.id === id ? { ...box, ...edit } : box)));
    },
    removeBox: (image, id) => {
      if (!boxesOf(image).some((box) => box.id === id)) return;
      change(image, (boxes) => boxes.filter((box) => box.id !== id));
      if (get().selectedBox === id) set({ selectedBox: null });
    },
    duplicateBox: (image, id) => {
      const from = boxesOf(image).find((box) => box.id === id);
      if (!from) return null;
      const [copy] = add(image, [{ classId: from.classId, box: moved(from.box, COPY_OFFSET) }], 'drawn');
      set({ selectedBox: copy! });
      return copy!;
    },
    repeatPrevious: (image, previousImage) => {
      add(
        image,
        boxesOf(previousImage).map(({ box, classId }) => ({ box, classId })),
        'drawn',
      );
    },
    setReviewed: (image, reviewed) => {
      const item = get().items[image] ?? NO_ITEM;
      if (item.reviewed !== reviewed) set(({ items }) => ({ items: { ...items, [image]: { ...item, reviewed } } }));
    },
    clearImage: (image) => {
      const item = get().items[image];
      if (!item || (item.boxes.length === 0 && !item.reviewed)) return;
      set(({ items }) => ({ items: { ...items, [image]: { ...item, boxes: [], reviewed: false } } }));
      set({ selectedBox: null });
    },

    setSplit: (image, split) => {
      const { splits } = get();
      if (split === 'auto') set({ splits: withoutKeys(splits, new Set([image])) });
      else if (splits[image] !== split) set({ splits: { ...splits, [image]: split } });
    },
    setSplits: (named) => {
      const { splits } = get();
      if (Object.entries(named).some(([image, split]) => splits[image] !== split)) {
        set({ splits: { ...splits, ...named } });
      }
    },
    setAutomaticSplits: (automaticSplits) => set({ automaticSplits }),
    replaceAll: (data) => set({ ...labelDataOf(data), selectedBox: null, ...activeIn(data, get().activeClass) }),
    setMode: (mode) => set({ mode, selectedBox: null }),
    setActiveClass: (activeClass) => set({ activeClass }),
    selectBox: (selectedBox) => set({ selectedBox }),
    hoverBox: (hoveredBox) => set({ hoveredBox }),
  };
};

const moved = ([x0, y0, x1, y1]: PixelXyxy, by: number): PixelXyxy => [x0 + by, y0 + by, x1 + by, y1 + by];

const createTemporal = () =>
  createStore<LabelState>()(
    temporal<LabelState, [], [], LabelData>(
      (...args) => {
        const [, , store] = args;
        // zundo has put the history on the store before it calls this.
        return { ...createLabels(...args), ...historyActions(() => store as unknown as LabelStore) };
      },
      { partialize: labelDataOf, equality: sameLabels },
    ),
  );

export function createLabelStore(): LabelStore {
  const store: LabelStore = createTemporal();
  store.temporal.subscribe(({ pastStates, futureStates }) => {
    const [canUndo, canRedo] = [pastStates.length > 0, futureStates.length > 0];
    const now = store.getState();
    if (now.canUndo !== canUndo || now.canRedo !== canRedo) store.setState({ canUndo, canRedo });
  });
  return store;
}

/** The split of every image: chosen by hand or file, else the automatic one. Images without labels may be missing. */
export const effectiveSplits = (
  state: Pick<LabelState, 'splits' | 'automaticSplits'>,
): Readonly<Record<string, SplitName>> => ({ ...state.automaticSplits, ...state.splits });
