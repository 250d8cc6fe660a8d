import { describe, expect, it } from 'vitest';
import { twoQueries } from '../lib/testing/detections';
import { applyLink, linkOf } from './linked-view';
import { freshStore } from './testing/fakes';

function storeWithSample(origin: 'sample' | 'file' = 'sample') {
  const store = freshStore();
  store.getState().addImage({ id: 'sample-cat', name: 'cat.jpg', origin, status: 'waiting', width: 0, height: 0 });
  store.getState().setResult('sample-cat', twoQueries());
  return store;
}

describe('the link of a view', () => {
  it('says only what differs from a first visit', () => {
    const store = storeWithSample();
    expect(linkOf(store.getState())).toBe('#sample=cat&threshold=0.3');
    store.setState({ layerPosition: 1, selectedQuery: 1, modelChoice: { kind: 'cached', id: 'a--b' } });
    expect(linkOf(store.getState())).toBe('#sample=cat&model=a--b&threshold=0.3&layer=1&query=1');
  });

  it('is applied to another visit', () => {
    const store = storeWithSample();
    store.setState({ layerPosition: 1, selectedQuery: 1, threshold: 0.6 });
    const hash = linkOf(store.getState())!;
    const next = storeWithSample();
    expect(applyLink(next, hash).sample).toBe('cat');
    expect(next.getState()).toMatchObject({ layerPosition: 1, selectedQuery: 1, threshold: 0.6 });
    expect(linkOf(next.getState())).toBe(hash);
  });

  it('opens what the followed query looked at', () => {
    const store = storeWithSample();
    store.setState({ looking: true });
    expect(linkOf(store.getState())).toBe('#sample=cat&threshold=0.3');
    store.setState({ selectedQuery: 1 });
    const next = storeWithSample();
    applyLink(next, linkOf(store.getState())!);
    expect(next.getState()).toMatchObject({ looking: true, selectedQuery: 1 });
  });

  it('exists for samples only', () => {
    expect(linkOf(storeWithSample('file').getState())).toBeNull();
    expect(linkOf(freshStore().getState())).toBeNull();
  });
});
