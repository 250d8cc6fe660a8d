/** Undo, redo and gestures of the labels (src/state/labels.ts has the contracts). */
import type { TemporalState } from 'zundo';
import type { StoreApi } from 'zustand/vanilla';
import { activeIn, labelDataOf, sameLabels, withoutKeys, type LabelData } from './labels-data';

export interface HistoryActions {
  undo(): void;
  redo(): void;
  forgetImages(images: readonly string[]): void;
  beginGesture(): void;
  endGesture(): void;
}

type State = LabelData & { activeClass: string | null; selectedBox: string | null };
type Store = Pick<StoreApi<State>, 'getState' | 'setState'> & { temporal: StoreApi<TemporalState<LabelData>> };

export function historyActions(storeOf: () => Store): HistoryActions {
  /** The labels at the start of a gesture. */
  let before: LabelData | null = null;

  /** Selections that no longer mean anything end. */
  const settle = (): void => {
    const { getState, setState } = storeOf();
    const { items, selectedBox, activeClass } = getState();
    const isThere = Object.values(items).some(({ boxes }) => boxes.some(({ id }) => id === selectedBox));
    setState({ ...(isThere ? {} : { selectedBox: null }), ...activeIn(getState(), activeClass) });
  };

  const endGesture = (): void => {
    const { temporal: history, getState } = storeOf();
    const [from, now] = [before, labelDataOf(getState())];
    if (!from) return;
    before = null;
    history.getState().resume();
    if (sameLabels(from, now)) return;
    history.setState(({ pastStates }) => ({ pastStates: [...pastStates, from], futureStates: [] }));
  };

  const travel = (way: 'undo' | 'redo'): void => {
    endGesture();
    storeOf().temporal.getState()[way]();
    settle();
  };

  return {
    undo: () => travel('undo'),
    redo: () => travel('redo'),
    beginGesture: () => {
      endGesture();
      before = labelDataOf(storeOf().getState());
      storeOf().temporal.getState().pause();
    },
    endGesture,
    forgetImages: (images) => {
      endGesture();
      const { temporal: history, getState, setState } = storeOf();
      const gone = new Set(images);
      const clean = (data: LabelData): LabelData => ({
        ...data,
        items: withoutKeys(data.items, gone),
        splits: withoutKeys(data.splits, gone),
      });
      const now = clean(labelDataOf(getState()));
      history.getState().pause();
      setState(now);
      history.getState().resume();
      settle();
      // A step that only concerned these images would undo nothing.
      const steps = (states: readonly Partial<LabelData>[]): LabelData[] => {
        const cleaned = states.map((state) => clean(state as LabelData));
        return cleaned.filter((state, at) => !sameLabels(state, cleaned[at + 1] ?? now));
      };
      history.setState(({ pastStates, futureStates }) => ({
        pastStates: steps(pastStates),
        futureStates: steps(futureStates),
      }));
    },
  };
}
