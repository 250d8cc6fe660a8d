import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DetectorError } from '../lib/errors';
import type { Progress } from '../lib/types';
import { openHub, parseRepo, type HubOptions } from './hub';
import { listStored, openStored } from './store';
import { HubServer } from './testing/hub-server';
import { MemoryDirectory } from './testing/memory-directory';
import { sampleConfig, sampleWeights } from './testing/sample-checkpoint';

const REPO = 'owner/name';
const WEIGHTS = sampleWeights(100_000);
const PART = 'models/owner--name/model.safetensors.part';

let hub: HubServer;
let endpoint: string;
let disk: MemoryDirectory;
let progress: Progress[];

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

beforeEach(async () => {
  hub = new HubServer(REPO);
  hub.files.set('config.json', text(sampleConfig)).set('model.safetensors', WEIGHTS);
  endpoint = await hub.start();
  disk = new MemoryDirectory({ sync: true, move: true });
  progress = [];
});
afterEach(() => hub.stop());

function open(
  options: HubOptions = {},
  signal = new AbortController().signal,
  revision = 'main',
): ReturnType<typeof openHub> {
  return openHub(REPO, revision, (p) => progress.push(p), signal, { endpoint, openRoot: async () => disk, ...options });
}

async function failure(work: Promise<unknown>): Promise<DetectorError> {
  const thrown: unknown = await work.then(
    () => new Error('expected a failure'),
    (reason: unknown) => reason,
  );
  if (!(thrown instanceof DetectorError)) throw thrown;
  return thrown;
}

/** Byte by byte; faster than toEqual on large arrays. */
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const DATA = WEIGHTS.subarray(WEIGHTS.length - 400_000);

const weightRequests = (): (string | undefined)[] =>
  hub.requests.filter(({ path }) => path.endsWith('model.safetensors')).map(({ range }) => range);

describe('openHub', () => {
  it('downloads, keeps and opens it again without a request', async () => {
    const checkpoint = await open();
    expect(checkpoint.id).toBe('owner--name');
    expect(checkpoint.config.model_type).toBe('stepdetr');
    expect(checkpoint.weights.float32('weight').length).toBe(100_000);
    expect(checkpoint.sha256).toBe(hub.hashOf('model.safetensors'));
    expect(checkpoint.bytes).toBe(WEIGHTS.length + sampleConfig.length);
    expect(checkpoint.notKept).toBeUndefined();
    expect(progress.at(-1)).toEqual({
      stage: 'download',
      done: WEIGHTS.length,
      total: WEIGHTS.length,
      unit: 'bytes',
      subject: 'owner/name/model.safetensors',
    });
    expect(progress.length).toBeGreaterThan(3);

    const asked = hub.requests.length;
    const again = await open();
    expect(hub.requests.length).toBe(asked);
    expect(same(again.weights.raw('weight'), DATA)).toBe(true);
    expect(await listStored(async () => disk)).toEqual([
      {
        id: 'owner--name',
        name: REPO,
        source: 'hub',
        bytes: checkpoint.bytes,
        sha256: checkpoint.sha256,
        licence: 'MIT',
      },
    ]);
    expect(Object.keys(disk.files()).sort()).toEqual([
      'models/owner--name/config.json',
      'models/owner--name/manifest.json',
      'models/owner--name/model.safetensors',
    ]);
  });

  it('downloads another revision anew', async () => {
    await open();
    expect((await failure(open({}, undefined, 'v2'))).detail.message).toBe(
      'the repository has no revision "v2" (HTTP 404)',
    );
    expect((await openStored('owner--name', async () => disk)).name).toBe(REPO);
  });

  describe.each([
    ['in a worker', { sync: true, move: true }],
    ['in the page', { sync: false, move: true }],
    ['where files cannot be renamed', { sync: false, move: false }],
  ])('%s', (_, options) => {
    it('resumes after the connection broke', async () => {
      disk = new MemoryDirectory(options);
      hub.breakAfter = 1 << 17;
      const broken = await failure(open());
      expect(broken.detail.code).toBe('network');
      expect(broken.message).toMatch(/^owner\/name\/model.safetensors: the connection failed/);
      const kept = disk.files()[PART]!;
      expect(kept).toBeGreaterThan(0);
      expect(await listStored(async () => disk)).toEqual([]);

      hub.breakAfter = Infinity;
      progress = [];
      const checkpoint = await open();
      expect(weightRequests()).toEqual([undefined, `bytes=${kept}-`]);
      expect(progress[0]!.done).toBe(kept);
      expect(progress[0]!.total).toBe(WEIGHTS.length);
      expect(checkpoint.sha256).toBe(hub.hashOf('model.safetensors'));
      expect(same(checkpoint.weights.raw('weight'), DATA)).toBe(true);
      const stored = await openStored('owner--name', async () => disk);
      expect(same(stored.weights.raw('weight'), DATA)).toBe(true);
      expect(disk.files()[PART]).toBeUndefined();
    });
  });

  it('keeps the part when it is cancelled', async () => {
    const abort = new AbortController();
    const work = openHub(REPO, 'main', ({ done }) => done > 100_000 && abort.abort(), abort.signal, {
      endpoint,
      openRoot: async () => disk,
    });
    expect((await failure(work)).detail).toEqual({
      code: 'cancelled',
      subject: 'owner/name/model.safetensors',
      message: 'was cancelled',
    });
    const kept = disk.files()[PART]!;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(WEIGHTS.length);
    await open();
    expect(weightRequests()).toEqual([undefined, `bytes=${kept}-`]);
  });

  it('begins anew when the file has changed since', async () => {
    hub.breakAfter = 1 << 17;
    await failure(open());
    const other = sampleWeights(90_000);
    hub.files.set('model.safetensors', other);
    hub.breakAfter = Infinity;
    const checkpoint = await open();
    expect(checkpoint.sha256).toBe(hub.hashOf('model.safetensors'));
    expect(weightRequests()).toHaveLength(3);
    expect((await openStored('owner--name', async () => disk)).weights.shape('weight')).toEqual([90_000]);
  });

  it.each([
    ['the server knows no ranges', { ranges: false }],
    ['its ETag is weak', { weak: true }],
  ])('begins anew when %s', async (_, setting) => {
    Object.assign(hub, setting, { breakAfter: 1 << 17 });
    await failure(open());
    hub.breakAfter = Infinity;
    expect((await open()).weights.shape('weight')).toEqual([100_000]);
    expect((await openStored('owner--name', async () => disk)).bytes).toBe(WEIGHTS.length + sampleConfig.length);
  });

  it('begins anew at another address, even for the same ETag', async () => {
    hub.breakAfter = 1 << 17;
    await failure(open());
    const mirror = new HubServer(REPO);
    for (const [name, bytes] of hub.files) mirror.files.set(name, bytes);
    await open({ endpoint: await mirror.start() });
    expect(mirror.requests.map(({ range }) => range).filter(Boolean)).toEqual([]);
    await mirror.stop();
  });

  it('begins anew when the part is already as long as the file', async () => {
    hub.breakAfter = 1 << 17;
    await failure(open());
    hub.files.set('model.safetensors', sampleWeights(10));
    hub.breakAfter = Infinity;
    expect((await open()).weights.shape('weight')).toEqual([10]);
  });

  it('throws a download away whose checksum is wrong', async () => {
    hub.wrongHash = 'ab'.repeat(32);
    const error = await failure(open());
    expect(error.detail.code).toBe('network');
    expect(error.message).toContain(`expected sha256 ${'ab'.repeat(32)}, got `);
    expect(disk.files()).toEqual({});
  });

  it('throws weights away that are no safetensors', async () => {
    hub.files.set('model.safetensors', text('version https://git-lfs.github.com/spec/v1'));
    expect((await failure(open())).detail.code).toBe('checkpoint');
    expect(disk.files()).toEqual({});
  });

  it('uses what the API says: licence, further weights, checksum', async () => {
    hub.api = true;
    hub.files.set('backbone.safetensors', sampleWeights(5)).set('preprocessor_config.json', text('{"do_pad": false}'));
    const checkpoint = await open();
    expect(checkpoint.licence).toBe('apache-2.0');
    expect(checkpoint.extra.get('backbone.safetensors')?.shape('weight')).toEqual([5]);
    expect(checkpoint.preprocessor).toEqual({ do_pad: false });
    expect((await openStored('owner--name', async () => disk)).extra.size).toBe(1);
  });

  it('works for this visit when the storage is full', async () => {
    disk = new MemoryDirectory({ sync: true, quota: 200_000 });
    const checkpoint = await open();
    expect(same(checkpoint.weights.raw('weight'), DATA)).toBe(true);
    expect(checkpoint.notKept).toMatchObject({ code: 'storage', message: 'the browser’s storage has no room for it' });
    expect(disk.files()).toEqual({});
    expect(await listStored(async () => disk)).toEqual([]);
  });

  it('works for this visit in a private window', async () => {
    const openRoot = async (): Promise<never> => {
      throw new DOMException('denied', 'SecurityError');
    };
    const checkpoint = await open({ openRoot });
    expect(checkpoint.weights.shape('weight')).toEqual([100_000]);
    expect(checkpoint.notKept?.message).toBe('the browser gives this page no private storage');
    expect(await listStored(openRoot)).toEqual([]);
  });
});

describe('openHub says', () => {
  it('that a token is missing or wrong, and sends the right one', async () => {
    hub.token = 'secret';
    const error = await failure(open());
    expect(error.message).toContain(
      'owner/name/config.json: the hub lets nobody in without the right token (HTTP 401)',
    );
    expect(error.detail.hint).toContain('needs an access token');
    expect((await failure(open({ token: 'wrong' }))).detail.hint).toBe('Check the access token.');
    expect((await open({ token: 'secret' })).id).toBe('owner--name');
  });

  it('that there is no such repository', async () => {
    const error = await failure(
      openHub('owner/other', 'main', () => undefined, new AbortController().signal, {
        endpoint,
        openRoot: async () => disk,
      }),
    );
    expect(error.message).toBe('owner/other/config.json: the hub has no such repository (HTTP 404)');
  });

  it.each([
    ['config.json', 'owner/name/config.json: the repository has no config.json at revision "main" (HTTP 404)'],
    [
      'model.safetensors',
      'owner/name/model.safetensors: the repository has no model.safetensors at revision "main" (HTTP 404)',
    ],
  ])('that %s is missing', async (file, message) => {
    hub.files.delete(file);
    expect((await failure(open())).message).toBe(message);
  });

  it('that the weights are sharded or pickled, where the API lists the files', async () => {
    hub.api = true;
    hub.files.delete('model.safetensors');
    hub.files.set('pytorch_model.bin', text('x'));
    expect((await failure(open())).detail).toMatchObject({
      code: 'unsupported',
      message: 'its weights are in pytorch_model.bin, expected model.safetensors',
    });
    hub.files.set('model.safetensors.index.json', text('{}'));
    expect((await failure(open())).detail.message).toContain('its weights are in several files');
  });

  it('what accept says, before the weights are asked for', async () => {
    const accept = (): never => {
      throw new DetectorError('unsupported', 'config.json', 'no');
    };
    expect((await failure(open({ accept }))).message).toBe('config.json: no');
    expect(weightRequests()).toEqual([]);
  });

  it('that config.json is broken, before the weights are asked for', async () => {
    hub.files.set('config.json', text('{"a": nope}'));
    expect((await failure(open())).message).toContain('owner/name/config.json: is not valid JSON at line 1, column 7');
    expect(weightRequests()).toEqual([]);
  });

  it('that the hub cannot be reached', async () => {
    await hub.stop();
    const error = await failure(open());
    expect(error.detail.code).toBe('network');
    expect(error.message).toContain('owner/name/config.json: the connection failed');
    hub = new HubServer(REPO);
    await hub.start();
  });

  it('that access is refused or the hub is ill', async () => {
    const answering = (status: number) => async () => new Response(null, { status });
    expect((await failure(open({ fetchFile: answering(403) }))).message).toContain('the hub refuses access (HTTP 403)');
    expect((await failure(open({ fetchFile: answering(503) }))).message).toContain('the hub answered HTTP 503');
  });
});

describe('a redirect to a storage server', () => {
  it('does not take its ETag for a checksum', async () => {
    const fetchFile: HubOptions['fetchFile'] = async (url, init) => {
      const response = await fetch(url, init);
      Object.defineProperty(response, 'redirected', { value: true });
      return response;
    };
    hub.wrongHash = 'cd'.repeat(32);
    expect((await open({ fetchFile })).sha256).not.toBe(hub.wrongHash);
  });
});

describe('parseRepo', () => {
  it.each(['owner/name', ' owner/name/ ', 'https://huggingface.co/owner/name', 'hf.co/owner/name/tree/main'])(
    'reads %s',
    (typed) => expect(parseRepo(typed)).toBe('owner/name'),
  );
  it.each(['', 'name', 'a/b/c', '../b', 'a/..', 'a b/c', 'https://example.com/a/b'])('refuses "%s"', (typed) =>
    expect(() => parseRepo(typed)).toThrow('expected a hub id of the form owner/name'),
  );
});

describe('the browser', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('is asked by a fetch that belongs to nobody, as it demands', async () => {
    const real = globalThis.fetch;
    vi.stubGlobal('fetch', function (this: unknown, ...args: Parameters<typeof fetch>) {
      if (this !== undefined && this !== globalThis) throw new TypeError('Illegal invocation');
      return real(...args);
    });
    expect((await open()).id).toBe('owner--name');
  });
});

describe('an address', () => {
  it.each(['http://example.com', 'hub', 'https://user:secret@example.com'])(
    '%s is refused before anything is asked of it',
    async (wrong) => {
      const error = await failure(open({ endpoint: wrong, token: 'secret' }));
      expect(error.detail).toMatchObject({ code: 'network', subject: wrong });
      expect(error.detail.message).toContain('https://');
      expect(hub.requests).toEqual([]);
    },
  );
});

describe('a token', () => {
  it('does not follow a redirect to another host', async () => {
    const storage = new HubServer(REPO);
    storage.files.set('config.json', text(sampleConfig)).set('model.safetensors', WEIGHTS);
    const elsewhere = await storage.start();
    hub.redirectTo = elsewhere;
    try {
      await open({ token: 'secret' });
      expect(storage.requests.length).toBeGreaterThan(0);
      expect(storage.requests.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
      expect(hub.requests.every(({ authorization }) => authorization === 'Bearer secret')).toBe(true);
    } finally {
      await storage.stop();
    }
  });
});
