/** A link to the view. */
import { toAppError, type AppError } from '../lib/errors';
import type { AppStore } from '../state/store';
import { linkOf } from './linked-view';

/**
 * Puts the link of what is shown into the clipboard, and says so.
 *
 * @param words what is copied, and why another person's photo has no link
 */
export async function copyLink(store: AppStore, words: { what: string; onlySamples: string }): Promise<void> {
  const hash = linkOf(store.getState());
  if (hash === null) {
    const error: AppError = { code: 'unsupported', subject: words.what, message: words.onlySamples };
    store.getState().notify({ kind: 'fault', error });
    return;
  }
  try {
    await navigator.clipboard.writeText(new URL(hash, location.href).href);
    store.getState().notify({ kind: 'copied', what: words.what });
  } catch (thrown) {
    store.getState().notify({ kind: 'fault', error: toAppError(thrown, words.what) });
  }
}
