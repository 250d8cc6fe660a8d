import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { writeBytes } from './directory';
import { keepFiles, listStored, modelFolder, openStored, removeStored } from './store';
import { MemoryDirectory } from './testing/memory-directory';
import { dropped, sampleConfig, sampleWeights } from './testing/sample-checkpoint';

const WEIGHTS = sampleWeights(1000);
const SHA256 = createHash('sha256').update(WEIGHTS).digest('hex');
const FILES = [
  dropped('config.json', sampleConfig),
  dropped('tuned.safetensors', WEIGHTS),
  dropped('backbone.safetensors', sampleWeights(4)),
  dropped('README.md', '#'),
];

let disk: MemoryDirectory;
const open = async (): Promise<MemoryDirectory> => disk;
beforeEach(() => {
  disk = new MemoryDirectory();
});

describe('keepFiles', () => {
  it('keeps what openStored gives back', async () => {
    const entry = await keepFiles('My model', FILES, 'MIT', open);
    const bytes = WEIGHTS.length + sampleConfig.length + sampleWeights(4).length;
    expect(entry).toEqual({ id: 'My-model', name: 'My model', source: 'files', bytes, sha256: SHA256, licence: 'MIT' });
    expect(await listStored(open)).toEqual([entry]);
    const checkpoint = await openStored('My-model', open);
    expect(checkpoint).toMatchObject({ id: 'My-model', name: 'My model', source: 'files', sha256: SHA256, bytes });
    expect(Buffer.compare(checkpoint.weights.raw('weight'), WEIGHTS.subarray(-4000))).toBe(0);
    expect(checkpoint.extra.get('backbone.safetensors')?.shape('weight')).toEqual([4]);
  });

  it('replaces what had the same name', async () => {
    await keepFiles('m', FILES, undefined, open);
    await keepFiles(
      'm',
      [dropped('config.json', '{}'), dropped('model.safetensors', sampleWeights(2))],
      undefined,
      open,
    );
    expect((await listStored(open)).map(({ bytes }) => bytes)).toEqual([sampleWeights(2).length + 2]);
    expect(Object.keys(disk.files())).not.toContain('models/m/backbone.safetensors');
  });

  it.each([true, false])('leaves nothing behind when the storage is full (sync %s)', async (sync) => {
    disk = new MemoryDirectory({ quota: 3000, sync });
    await expect(keepFiles('m', FILES, undefined, open)).rejects.toMatchObject({
      detail: { code: 'storage', subject: 'm', message: 'the browser’s storage has no room for it' },
    });
    expect(disk.files()).toEqual({});
    expect(await listStored(open)).toEqual([]);
  });

  it('says so where there is no storage', async () => {
    const none = async (): Promise<never> => {
      throw new DOMException('no', 'SecurityError');
    };
    await expect(keepFiles('m', FILES, undefined, none)).rejects.toThrow(
      'm: the browser gives this page no private storage',
    );
    expect(await listStored(none)).toEqual([]);
  });
});

describe('listStored', () => {
  it('lists by name and never what is unfinished or damaged', async () => {
    for (const name of ['zebra', 'ant', 'cut', 'changed', 'strange']) await keepFiles(name, FILES, undefined, open);
    await (await modelFolder(open, 'cut')).removeEntry('manifest.json');
    await writeBytes(await modelFolder(open, 'changed'), 'model.safetensors', 'short');
    await writeBytes(await modelFolder(open, 'strange'), 'manifest.json', '{"name": 3');
    await modelFolder(open, 'empty');
    expect((await listStored(open)).map(({ id }) => id)).toEqual(['ant', 'zebra']);
    await expect(openStored('cut', open)).rejects.toMatchObject({ detail: { code: 'storage', subject: 'cut' } });
  });

  it('is empty at first', async () => expect(await listStored(open)).toEqual([]));
  it('fails loudly when the storage is broken', async () => {
    const broken = async (): Promise<never> => Promise.reject(new DOMException('I/O', 'InvalidStateError'));
    await expect(listStored(broken)).rejects.toMatchObject({ detail: { code: 'storage' } });
  });
});

describe('removeStored', () => {
  it('deletes one and leaves the others', async () => {
    await keepFiles('a', FILES, undefined, open);
    await keepFiles('b', FILES, undefined, open);
    await removeStored('a', open);
    await removeStored('never there', open);
    expect((await listStored(open)).map(({ id }) => id)).toEqual(['b']);
    await expect(openStored('a', open)).rejects.toThrow(
      'a: expected it among the models kept in this browser, it is not there',
    );
  });
});
