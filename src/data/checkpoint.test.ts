import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Progress } from '../lib/types';
import { EMBEDDED, listEmbedded, openEmbedded } from './checkpoint';
import { idOfFiles, openFiles } from './checkpoint-files';
import { labelsOf } from './config-file';
import { dropped, sampleConfig, sampleWeights } from './testing/sample-checkpoint';

const ATTO = '../shared/weights/deimv2_atto_coco';
const EMBEDDED_FOLDER = 'public/models/stepdetr_s';
const WHY_SKIPPED = 'the folder ../shared (real checkpoints) is not beside the project';

const never = new AbortController().signal;
const config = dropped('config.json', sampleConfig, 'mine');
const weights = dropped('model.safetensors', sampleWeights(6), 'mine');

describe('openFiles', () => {
  it('opens a dropped folder and leaves other files out', async () => {
    const files = [
      dropped('README.md', '#'),
      weights,
      dropped('cases.safetensors', 'x'),
      config,
      dropped('preprocessor_config.json', '{"do_pad":false}'),
    ];
    const checkpoint = await openFiles('mine', files);
    expect(checkpoint).toMatchObject({
      id: 'mine',
      name: 'mine',
      source: 'files',
      licence: 'MIT',
      preprocessor: { do_pad: false },
    });
    expect(checkpoint.weights.names).toEqual(['weight']);
    expect(checkpoint.bytes).toBe(sampleWeights(6).length + sampleConfig.length + 16);
    expect(checkpoint.extra.size).toBe(0);
  });

  it('takes weights of another name, and a backbone', async () => {
    const files = [
      config,
      dropped('tuned.safetensors', sampleWeights(2)),
      dropped('backbone.safetensors', sampleWeights(3)),
    ];
    const checkpoint = await openFiles('mine', files);
    expect(checkpoint.weights.shape('weight')).toEqual([2]);
    expect(checkpoint.extra.get('backbone.safetensors')?.shape('weight')).toEqual([3]);
  });

  const refused: [string, File[], string, string][] = [
    ['nothing', [], 'checkpoint', 'mine: expected model.safetensors, got no files'],
    ['no weights', [config], 'checkpoint', 'mine: expected model.safetensors, got config.json'],
    [
      'no config',
      [weights],
      'checkpoint',
      'mine: expected config.json beside model.safetensors, got model.safetensors',
    ],
    [
      'a sharded index',
      [config, dropped('model.safetensors.index.json', '{}')],
      'unsupported',
      'its weights are in several files (model.safetensors.index.json), expected one model.safetensors',
    ],
    [
      'one shard',
      [config, dropped('model-00001-of-00002.safetensors', 'x')],
      'unsupported',
      'its weights are in several files (model-00001-of-00002.safetensors)',
    ],
    [
      'a pickle',
      [config, dropped('pytorch_model.bin', 'x')],
      'unsupported',
      'its weights are in pytorch_model.bin, expected model.safetensors',
    ],
    [
      'two configs',
      [weights, config, dropped('config.json', '{}', 'mine/sub')],
      'checkpoint',
      'expected one config.json, got mine/config.json and mine/sub/config.json',
    ],
    [
      'two weights',
      [config, dropped('a.safetensors', 'x'), dropped('b.safetensors', 'x')],
      'checkpoint',
      'expected one file of weights, got a.safetensors and b.safetensors',
    ],
    [
      'a broken config',
      [weights, dropped('config.json', '{"a":}')],
      'checkpoint',
      'mine/config.json: is not valid JSON at line 1, column 6',
    ],
    [
      'broken weights',
      [config, dropped('model.safetensors', 'abc')],
      'checkpoint',
      'mine/model.safetensors: is no safetensors file: expected at least 8 bytes, got 3',
    ],
  ];
  it.each(refused)('refuses %s', async (_, files, code, message) => {
    const thrown: unknown = await openFiles('mine', files).catch((reason: unknown) => reason);
    expect(thrown).toMatchObject({ name: 'DetectorError', detail: { code } });
    expect((thrown as Error).message).toContain(message);
  });

  it('opens a real checkpoint', async ({ skip }) => {
    skip(!existsSync(ATTO), WHY_SKIPPED);
    const files = readdirSync(ATTO).map((name) => dropped(name, readFileSync(`${ATTO}/${name}`), 'deimv2_atto_coco'));
    const checkpoint = await openFiles('deimv2_atto_coco', files);
    const labels = labelsOf(checkpoint.config);
    expect([labels.length, labels[0], labels[79]]).toEqual([80, 'person', 'toothbrush']);
    expect(checkpoint.weights.names.length).toBeGreaterThan(100);
    const numbers = checkpoint.weights.names.reduce((sum, name) => sum + checkpoint.weights.float32(name).length, 0);
    expect(numbers * 4 + 46656 + 8).toBe(checkpoint.weights.byteLength);
  });
});

describe('idOfFiles', () => {
  it.each([
    ['deimv2_atto_coco', 'deimv2_atto_coco'],
    ['My model (1)', 'My-model-1'],
    ['../..', 'checkpoint'],
    ['stepdetr_s', 'stepdetr_s-files'],
    ['模型 1', '模型-1'],
  ])('%s becomes %s', (name, id) => expect(idOfFiles(name)).toBe(id));
});

describe('openEmbedded', () => {
  const serve = async (url: string): Promise<Response> => {
    const path = url.replace('http://app/sub/', 'public/');
    return existsSync(path)
      ? new Response(readFileSync(path), { headers: { 'content-length': String(statSync(path).size) } })
      : new Response('', { status: 404 });
  };

  it('loads the built-in model with its backbone', async ({ skip }) => {
    skip(
      !existsSync(`${EMBEDDED_FOLDER}/backbone.safetensors`),
      `${EMBEDDED_FOLDER} is not complete: npm run assets makes it`,
    );
    const progress: Progress[] = [];
    const checkpoint = await openEmbedded('stepdetr_s', 'http://app/sub', (p) => progress.push(p), never, serve);
    expect(checkpoint).toMatchObject({
      id: 'stepdetr_s',
      name: 'StepDETR-S',
      source: 'embedded',
      licence: 'Apache-2.0',
    });
    expect(checkpoint.weights.has('box_head.0.bias')).toBe(true);
    expect(checkpoint.extra.get('backbone.safetensors')?.names.length).toBeGreaterThan(50);
    expect(labelsOf(checkpoint.config)).toHaveLength(80);
    expect(progress.at(-1)).toMatchObject({ done: checkpoint.bytes, total: checkpoint.bytes });
    expect(listEmbedded()[0]!.bytes).toBe(checkpoint.bytes);
  });

  it('says which file could not be had', async () => {
    const page = async (): Promise<Response> => new Response('<html>', { headers: { 'content-type': 'text/html' } });
    const gone = async (): Promise<Response> => new Response('', { status: 404 });
    const broken = async (): Promise<Response> => Promise.reject(new TypeError('Failed to fetch'));
    const open = (fetchFile: typeof page) => openEmbedded('stepdetr_s', '/', () => undefined, never, fetchFile);
    await expect(open(page)).rejects.toThrow(
      /StepDETR-S\/\S+: expected a file at \/models\/stepdetr_s\/\S+, got a web page/,
    );
    await expect(open(gone)).rejects.toThrow('got HTTP 404');
    await expect(open(broken)).rejects.toThrow('the connection failed: Failed to fetch');
    expect(EMBEDDED.map(({ id }) => id)).toContain('stepdetr_s');
  });

  it('refuses an unknown id and stops when cancelled', async () => {
    await expect(openEmbedded('other', '/', () => undefined, never, serve)).rejects.toThrow(
      'other: expected one of the models built into the app (stepdetr_s)',
    );
    const aborted = AbortSignal.abort();
    const stopped = async (_url: string, init?: RequestInit): Promise<Response> => {
      init?.signal?.throwIfAborted();
      return new Response('{}');
    };
    await expect(openEmbedded('stepdetr_s', '/', () => undefined, aborted, stopped)).rejects.toMatchObject({
      detail: { code: 'cancelled' },
    });
  });
});
