/** The first five seconds: the decoder settling on its boxes. */
import { currentResult } from '../state/select';
import type { AppStore } from '../state/store';

/** The first result on the page plays its layers once, unless the person asked for less motion or for a layer. */
export function playOnce(store: AppStore): void {
  const stop = store.subscribe((state) => {
    const result = currentResult(state);
    if (!result) return;
    stop();
    if (state.layerPosition !== null || result.layers.length < 2) return;
    if (document.hidden || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    state.setLayerPosition(0);
    state.setPlaying(true);
  });
}
