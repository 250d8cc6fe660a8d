/** Applies the colour scheme to the document: an attribute for the style sheets, the browser's own bars in the same tone. */
import type { AppStore } from '../state/store';

export function followTheme(store: AppStore): void {
  const apply = (theme: string): void => {
    document.documentElement.dataset['theme'] = theme;
  };
  apply(store.getState().theme);
  store.subscribe((state, before) => {
    if (state.theme !== before.theme) apply(state.theme);
  });
}
