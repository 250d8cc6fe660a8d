import { describe, expect, it } from 'vitest';
import type { DeviceInfo } from '../workers/protocol';
import { withHubSettings } from './hub';
import { speedOf } from './model-speeds';
import { createAppStore } from './store';

const SECRET = 'hf_secretToken';

function keptStore() {
  const kept = new Map<string, string>();
  const open = () =>
    createAppStore({
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    });
  return { kept, open };
}

const device = (adapter: string): DeviceInfo => ({
  backend: 'webgpu',
  adapter,
  vendor: '',
  architecture: '',
  software: false,
  features: [],
  limits: {},
});

describe('the hub', () => {
  it('keeps a mirror for the next visit, and the token nowhere', () => {
    const { kept, open } = keptStore();
    const store = open();
    store.getState().setHubEndpoint('https://hf-mirror.com');
    store.getState().setHubToken(` ${SECRET} `);
    expect(store.getState().hubToken).toBe(SECRET);
    store.getState().setThreshold(0.4);
    expect([...kept.values()].join()).toContain('hf-mirror.com');
    expect([...kept.values()].join()).not.toContain(SECRET);
    expect(open().getState()).toMatchObject({ hubEndpoint: 'https://hf-mirror.com', hubToken: '' });
  });

  it('adds both to what is asked for, and the token to its own address only', () => {
    const store = keptStore().open();
    const source = { kind: 'hub', repo: 'a/b', revision: 'v1' } as const;
    expect(withHubSettings(source, store.getState())).toEqual(source);
    store.getState().setHubEndpoint('http://localhost:1');
    store.getState().setHubToken(SECRET);
    expect(withHubSettings(source, store.getState())).toEqual({
      ...source,
      endpoint: 'http://localhost:1',
      token: SECRET,
    });
    const elsewhere = { ...source, endpoint: 'https://other.example' };
    expect(withHubSettings(elsewhere, store.getState())).toEqual(elsewhere);
    const cached = { kind: 'cached', id: 'a--b' } as const;
    expect(withHubSettings(cached, store.getState())).toEqual(cached);
  });

  it('forgets the token when it would go somewhere else', () => {
    const store = keptStore().open();
    store.getState().setHubToken(SECRET);
    store.getState().setHubEndpoint('https://huggingface.co');
    expect(store.getState()).toMatchObject({ hubEndpoint: null, hubToken: SECRET });
    store.getState().setHubEndpoint('https://other.example');
    expect(store.getState().hubToken).toBe('');
  });
});

describe('speeds', () => {
  const times = (model: number) => ({ decode: 1, resize: 1, model, post: 1 });

  it('are medians of the latest detections, kept for the next visit on the same device', () => {
    const { open } = keptStore();
    const store = open();
    store.getState().setDevice(device('GPU'));
    expect(speedOf(store.getState(), 'm')).toBeNull();
    for (const ms of [997, 7, 9, 7]) store.getState().recordSpeed('m', 'GPU', times(ms));
    expect(speedOf(store.getState(), 'm')).toBe(11);
    store.getState().recordSpeed('m', 'GPU', times(9));
    expect(speedOf(store.getState(), 'm')).toBe(12);
    const next = open();
    expect(speedOf(next.getState(), 'm')).toBeNull();
    next.getState().setDevice(device('GPU'));
    expect(speedOf(next.getState(), 'm')).toBe(12);
  });

  it('of another device are not shown, and it starts anew', () => {
    const store = keptStore().open();
    for (let i = 0; i < 20; i++) store.getState().recordSpeed('m', 'GPU', times(i));
    expect(store.getState().speeds['m']!.ms).toHaveLength(9);
    store.getState().setDevice(device('other'));
    expect(speedOf(store.getState(), 'm')).toBeNull();
    store.getState().recordSpeed('m', 'other', times(2));
    expect(speedOf(store.getState(), 'm')).toBe(5);
  });
});
