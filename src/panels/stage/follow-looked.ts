/** Keeps what the painter shows of what the followed query looked at in step with the store. */
import { currentResult, currentViews, wholeLayer } from '../../state/select';
import type { AppState, AppStore } from '../../state/store';
import { buildQueryScene, type QueryScene } from '../../ui/drawing/query-views';
import type { Painter } from './painter';

function sceneOf(state: AppState): QueryScene | null {
  const [asked, result] = [currentViews(state), currentResult(state)];
  const layer = result?.layers[wholeLayer(state)]?.layer;
  if (!state.looking || !asked?.data || !result || layer === undefined) return null;
  const { lookHead: head, lookColour: colour, lookAmong: among } = state;
  return buildQueryScene(asked.data, result, { layer, head, colour, past: colour === 'layer', among });
}

/** What the scene depends on, compared by identity. */
const inputsOf = (state: AppState): unknown[] => [
  state.looking,
  currentViews(state)?.data,
  currentResult(state),
  wholeLayer(state),
  state.lookHead,
  state.lookColour,
  state.lookAmong,
];

export function followLooked(store: AppStore, painter: Painter): () => void {
  let inputs: unknown[] = [];
  const update = (state: AppState): void => {
    const next = inputsOf(state);
    if (next.length === inputs.length && next.every((value, index) => value === inputs[index])) return;
    inputs = next;
    painter.setLooked(sceneOf(state));
  };
  update(store.getState());
  return store.subscribe(update);
}
