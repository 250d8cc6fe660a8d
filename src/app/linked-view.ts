/** Keeps the address bar and the view in step, so that a view of a sample can be linked, reloaded and gone back to. */
import { decodeView, encodeView, type LinkedView } from '../state/link';
import { EMBEDDED_MODEL } from '../state/model';
import { isSample } from '../state/samples';
import { currentItem, layerCount, wholeLayer } from '../state/select';
import type { AppState, AppStore } from '../state/store';

/** The link of what is shown, null for a person's own image. */
export function linkOf(state: AppState): string | null {
  const item = currentItem(state);
  const sample = item?.name.replace(/\.jpg$/, '');
  if (item?.origin !== 'sample' || !isSample(sample)) return null;
  const layer = wholeLayer(state);
  const view: LinkedView = { sample, threshold: state.threshold };
  if (state.modelChoice.id !== EMBEDDED_MODEL) view.model = state.modelChoice.id;
  if (layer < layerCount(state) - 1) view.layer = layer;
  if (state.selectedQuery !== null) view.query = state.selectedQuery;
  if (state.looking && state.selectedQuery !== null) view.looked = true;
  return encodeView(view);
}

/** Puts threshold, layer and query of a link into the store; returns the whole link. */
export function applyLink(store: AppStore, hash: string): LinkedView {
  const view = decodeView(hash);
  const { setThreshold, setLayerPosition, selectQuery, setPlaying, setLooking } = store.getState();
  if (view.threshold !== undefined) setThreshold(view.threshold);
  if (view.layer !== undefined) {
    setPlaying(false);
    setLayerPosition(view.layer);
  }
  if (view.query !== undefined) selectQuery(view.query);
  if (view.looked) setLooking(true);
  return view;
}

/** Browsers refuse an address that changes too often. */
const QUIET_MS = 300;

/** Writes the address after changes have settled. */
export function followView(store: AppStore): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let written = location.hash;
  store.subscribe((state) => {
    if (state.playing) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      const next = linkOf(store.getState()) ?? '';
      if (next === written) return;
      written = next;
      history.replaceState(null, '', next || location.pathname + location.search);
    }, QUIET_MS);
  });
}
