import { afterEach, describe, expect, it, vi } from 'vitest';
import { twoQueries } from '../lib/testing/detections';
import { Pictures } from '../state/pictures';
import { createExports } from './exports';
import type { Ports } from './ports';
import { addImage, freshStore, modelInfo } from './testing/fakes';

afterEach(() => vi.unstubAllGlobals());

function fixture() {
  const store = freshStore();
  const writeTable = vi.fn<Ports['writeTable']>(() => 'table');
  const pictures = new Pictures(() => Promise.reject(new Error('no picture')));
  const ports = { writeTable } as unknown as Ports;
  const written: string[] = [];
  vi.stubGlobal('navigator', { clipboard: { writeText: async (text: string) => void written.push(text) } });
  store.getState().setModel('load', modelInfo('m'));
  for (const id of ['a', 'b']) addImage(store, pictures, id);
  for (const id of ['a', 'b']) store.getState().setResult(id, twoQueries());
  return { store, writeTable, written, exports: createExports(store, pictures, ports) };
}

describe('copying', () => {
  it('writes what is shown: this image, its threshold and layer, without hidden classes', async () => {
    const { exports, store, writeTable, written } = fixture();
    store.setState({ threshold: 0.3, layerPosition: 1, hiddenClasses: ['cat'] });
    await exports.copy('csv', 'image');
    const [format, entries, options] = writeTable.mock.calls[0]!;
    expect([format, entries.map(({ file }) => file), entries[0]!.classes]).toEqual([
      'csv',
      ['a.jpg'],
      ['cat', 'dog', 'bird'],
    ]);
    expect([...entries[0]!.detections.layers[1]!.label]).toEqual([2]);
    expect(options).toEqual({ threshold: 0.3, layer: 1, model: 'm', adapter: '' });
    expect(written).toEqual(['table']);
    expect(store.getState().notices).toMatchObject([{ kind: 'copied', what: 'a.csv' }]);
  });

  it('takes all images with a result, each at its last layer', async () => {
    const { exports, writeTable } = fixture();
    await exports.copy('json', 'all');
    const [, entries, options] = writeTable.mock.calls[0]!;
    expect(entries).toHaveLength(2);
    expect(options.layer).toBeNull();
  });

  it('says so when the clipboard refuses', async () => {
    const { exports, store } = fixture();
    vi.stubGlobal('navigator', { clipboard: { writeText: () => Promise.reject(new Error('not allowed')) } });
    await exports.copy('json', 'image');
    expect(store.getState().notices).toMatchObject([{ kind: 'fault', error: { message: 'not allowed' } }]);
  });
});
