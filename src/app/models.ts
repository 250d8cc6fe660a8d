/** Loads, lists and deletes checkpoints through the worker. */
import type { AppError } from '../lib/errors';
import type { Result } from '../lib/result';
import type { ModelEntry, ModelInfo } from '../lib/types';
import { withHubSettings } from '../state/hub';
import { EMBEDDED_MODEL, type ModelChoice } from '../state/model';
import type { AppStore } from '../state/store';
import type { DetectorClient } from '../workers/client';
import type { ModelSource } from '../workers/protocol';
import { newId } from './ids';

export interface Models {
  /** Makes a checkpoint the current one; the one before stays when this fails. One load at a time: the newest wins. */
  load(source: ModelSource, name?: string): Promise<Result<ModelInfo>>;
  /** Checkpoint `linked` if it is here, else that of the last visit; the embedded one, with a message, when it cannot be had. */
  restore(linked?: string): Promise<Result<ModelInfo>>;
  cancel(): void;
  remove(id: string): Promise<void>;
}

function nameOf(source: ModelSource, known: readonly ModelEntry[]): string {
  switch (source.kind) {
    case 'hub':
      return source.repo;
    case 'files':
      return source.name;
    case 'run':
      return source.id;
    case 'embedded':
    case 'cached':
      return known.find(({ id }) => id === source.id)?.name ?? source.id;
  }
}

export function createModels(
  store: AppStore,
  client: Pick<DetectorClient, 'load' | 'models' | 'remove' | 'cancel'>,
  onLoaded: () => void,
): Models {
  const list = async (): Promise<void> => {
    const entries = await client.models();
    if (entries.ok) store.getState().setModels(entries.value);
  };
  const fault = (error: AppError): void => void store.getState().notify({ kind: 'fault', error });

  const models: Models = {
    load: async (source, name) => {
      models.cancel();
      const job = newId('load');
      store.getState().startLoading(name ?? nameOf(source, store.getState().models), job);
      const asked = withHubSettings(source, store.getState());
      const answer = await client.load(asked, job, (progress) => store.getState().setLoadProgress(job, progress));
      if (answer.ok) {
        store.getState().setModel(job, answer.value, source.kind === 'run' ? source : undefined);
        onLoaded();
      } else store.getState().failLoading(job, answer.error.code === 'cancelled' ? null : answer.error);
      await list();
      return answer;
    },
    restore: async (linked) => {
      await list();
      const entry = store.getState().models.find(({ id }) => id === linked);
      const choice: ModelChoice = entry
        ? { kind: entry.source === 'embedded' ? 'embedded' : 'cached', id: entry.id }
        : store.getState().modelChoice;
      const first = await models.load(choice);
      if (first.ok || first.error.code === 'cancelled' || choice.id === EMBEDDED_MODEL) return first;
      const second = await models.load({ kind: 'embedded', id: EMBEDDED_MODEL });
      fault(first.error);
      return second;
    },
    cancel: () => {
      const loading = store.getState().modelLoading;
      if (loading) void client.cancel(loading.job);
    },
    remove: async (id) => {
      const answer = await client.remove(id);
      if (!answer.ok) fault(answer.error);
      await list();
    },
  };
  return models;
}
