/** What the page says in passing: which notices go away by themselves. */
import type { AppStore } from '../state/store';

const RESTORED_MS = 6000;
const DONE_MS = 2500;

export function dropNotices(store: AppStore, kind: string): void {
  for (const notice of store.getState().notices) {
    if (notice.kind === kind) store.getState().dismissNotice(notice.id);
  }
}

/** Good news goes away by itself. */
export function fadeNotices(store: AppStore): void {
  store.subscribe((state, before) => {
    if (state.notices === before.notices) return;
    for (const { id, kind } of state.notices) {
      if (before.notices.some((each) => each.id === id)) continue;
      if (kind === 'restored') setTimeout(() => store.getState().dismissNotice(id), RESTORED_MS);
      if (kind === 'copied' || kind === 'saved') setTimeout(() => store.getState().dismissNotice(id), DONE_MS);
    }
  });
}
