import { describe, expect, it, vi } from 'vitest';
import type { AppError } from '../lib/errors';
import type { ModelEntry } from '../lib/types';
import type { ModelSource } from '../workers/protocol';
import { createLabelStore } from '../state/labels';
import { linkOf } from './linked-view';
import { createModels } from './models';
import { partsOfPage } from './session-parts';
import { fakeClient, freshStore, modelInfo } from './testing/fakes';

const ENTRIES: ModelEntry[] = [
  { id: 'stepdetr_s', name: 'StepDETR-S', source: 'embedded', bytes: 1 },
  { id: 'a--b', name: 'a/b', source: 'hub', bytes: 2 },
];
const GONE: AppError = { code: 'storage', subject: 'a/b', message: 'is not stored here' };

/** @param broken ids that cannot be loaded */
function fixture(...broken: string[]) {
  const store = freshStore();
  const loads: ModelSource[] = [];
  const client = {
    ...fakeClient(ENTRIES).client,
    load: async (source: ModelSource) => {
      loads.push(source);
      const id = source.kind === 'hub' ? source.repo : source.kind === 'files' ? source.name : source.id;
      if (broken.includes(id)) return { ok: false as const, error: GONE };
      return { ok: true as const, value: modelInfo(id, source.kind === 'embedded' ? 'embedded' : 'hub') };
    },
  };
  const onLoaded = vi.fn();
  return { store, loads, onLoaded, models: createModels(store, client, onLoaded) };
}

describe('models', () => {
  it('start with the embedded one', async () => {
    const { models, store, loads, onLoaded } = fixture();
    await models.restore();
    expect(loads).toEqual([{ kind: 'embedded', id: 'stepdetr_s' }]);
    expect(store.getState().models).toEqual(ENTRIES);
    expect(onLoaded).toHaveBeenCalledOnce();
  });

  it('start with the choice of the last visit, or with the linked one where it is here', async () => {
    const { models, store, loads } = fixture();
    store.setState({ modelChoice: { kind: 'cached', id: 'a--b' } });
    await models.restore('unknown');
    await models.restore('stepdetr_s');
    expect(loads).toEqual([
      { kind: 'cached', id: 'a--b' },
      { kind: 'embedded', id: 'stepdetr_s' },
    ]);
  });

  it('fall back to the embedded one and say why', async () => {
    const { models, store } = fixture('a--b');
    store.setState({ modelChoice: { kind: 'cached', id: 'a--b' } });
    const answer = await models.restore();
    expect(answer.ok).toBe(true);
    expect(store.getState().model?.id).toBe('stepdetr_s');
    expect(store.getState().notices).toMatchObject([{ kind: 'fault', error: GONE }]);
  });

  it('keep the one in use when another fails', async () => {
    const { models, store, onLoaded } = fixture('x/y');
    await models.load({ kind: 'embedded', id: 'stepdetr_s' });
    await models.load({ kind: 'hub', repo: 'x/y' });
    expect(store.getState().model?.id).toBe('stepdetr_s');
    expect(store.getState().modelError).toEqual(GONE);
    expect(onLoaded).toHaveBeenCalledOnce();
  });

  it('are asked for with the mirror and the token of the moment, which stand in no link and no session file', async () => {
    const { models, store, loads } = fixture();
    store.getState().setHubEndpoint('https://hf-mirror.com');
    store.getState().setHubToken('hf_secret');
    await models.load({ kind: 'hub', repo: 'x/y' });
    expect(loads).toEqual([{ kind: 'hub', repo: 'x/y', endpoint: 'https://hf-mirror.com', token: 'hf_secret' }]);
    store.getState().addImage({ id: 'i', name: 'cat.jpg', origin: 'sample', status: 'done', width: 1, height: 1 });
    const labels = createLabelStore().getState();
    const page = partsOfPage(store.getState(), labels, () => new Blob(['i']));
    const said = [linkOf(store.getState()), JSON.stringify(page), JSON.stringify(store.getState().modelChoice)];
    expect(said.join()).toContain('cat.jpg');
    expect(said.join()).not.toContain('hf_secret');
    expect(said.join()).not.toContain('hf-mirror');
  });
});
