/**
 * Slice: where checkpoints are downloaded from. The address is kept between visits; the token is in no storage, no link and
 * no file: it lives as long as the page and belongs to one address.
 */
import type { StateCreator } from 'zustand/vanilla';
import { HUB } from '../lib/hub-address';
import type { ModelSource } from '../workers/protocol';

export interface HubSlice {
  /** A mirror's address; null: the Hugging Face hub. */
  hubEndpoint: string | null;
  /** For private and gated repositories; empty where there is none. */
  hubToken: string;
  /** @param endpoint as `readEndpoint` of src/lib/hub-address gives it; another one than before forgets the token */
  setHubEndpoint(endpoint: string | null): void;
  setHubToken(token: string): void;
}

export const createHubSlice: StateCreator<HubSlice, [], [], HubSlice> = (set) => ({
  hubEndpoint: null,
  hubToken: '',

  setHubEndpoint: (endpoint) =>
    set(({ hubEndpoint, hubToken }) => {
      const next = endpoint === HUB ? null : endpoint;
      return { hubEndpoint: next, hubToken: next === hubEndpoint ? hubToken : '' };
    }),
  setHubToken: (token) => set({ hubToken: token.trim() }),
});

/** How a checkpoint is asked for with the settings of the moment; a source that names its own endpoint stays as it is. */
export function withHubSettings(source: ModelSource, { hubEndpoint, hubToken }: HubSlice): ModelSource {
  if (source.kind !== 'hub' || source.endpoint !== undefined) return source;
  return {
    ...source,
    ...(hubEndpoint !== null && { endpoint: hubEndpoint }),
    ...(hubToken !== '' && { token: hubToken }),
  };
}
