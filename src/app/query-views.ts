/** Asks the worker what the followed query looked at, whenever that is wanted and not known; the newest question wins. */
import { toAppError } from '../lib/errors';
import { queryViewsJson } from '../lib/query-views';
import { classNameOf } from '../state/model';
import type { Pictures } from '../state/pictures';
import type { ViewsQuestion } from '../state/query-views';
import { currentItem, currentNames, currentResult } from '../state/select';
import type { AppState, AppStore } from '../state/store';
import type { DetectorClient } from '../workers/client';
import { newId } from './ids';

export interface Looking {
  /** What is shown as JSON, to the clipboard. @param what its name in the notice */
  copy(what: string): Promise<void>;
}

/** What is to be known now; null where nothing is, or where the model that made the result is not the current one. */
function wanted(state: AppState): ViewsQuestion | null {
  const { looking, selectedQuery: query, currentImage: image, model } = state;
  const result = currentResult(state);
  if (!looking || query === null || image === null || !result || result.model !== model?.id) return null;
  return { image, query, result };
}

const isSame = (a: ViewsQuestion | null, b: ViewsQuestion | null): boolean =>
  a?.image === b?.image && a?.query === b?.query && a?.result === b?.result;

export function createLooking(
  store: AppStore,
  client: Pick<DetectorClient, 'inspect' | 'cancel'>,
  pictures: Pick<Pictures, 'blob'>,
): Looking {
  const ask = async ({ image, query, result }: ViewsQuestion): Promise<void> => {
    const blob = pictures.blob(image);
    if (!blob) return;
    const job = newId('inspect');
    store.getState().askViews({ image, query, result, job });
    const name = store.getState().images.find(({ id }) => id === image)?.name ?? image;
    // The call itself fails only when the worker is gone.
    const answer = await client
      .inspect(blob, name, query, job)
      .catch((thrown: unknown) => ({ ok: false as const, error: toAppError(thrown, name) }));
    if (answer.ok) store.getState().setViews(job, answer.value);
    else if (answer.error.code !== 'cancelled') store.getState().failViews(job, answer.error);
  };

  const follow = (state: AppState): void => {
    const asked = state.askedViews;
    const next = wanted(state);
    if (isSame(asked, next)) return;
    if (asked && !asked.data && !asked.error) void client.cancel(asked.job);
    if (next) void ask(next);
    else state.askViews(null);
  };
  store.subscribe(follow);

  return {
    copy: async (what) => {
      const state = store.getState();
      const data = state.askedViews?.data;
      if (!data) return;
      try {
        const className = (label: number): string => classNameOf(currentNames(state), label);
        await navigator.clipboard.writeText(queryViewsJson(data, currentItem(state)?.name ?? '', className));
        state.notify({ kind: 'copied', what });
      } catch (thrown) {
        state.notify({ kind: 'fault', error: toAppError(thrown, 'clipboard') });
      }
    },
  };
}
