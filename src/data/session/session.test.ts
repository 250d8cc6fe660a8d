import { beforeAll, describe, expect, it } from 'vitest';
import type { LabelSet } from '../annotations/types';
import { readCocoLabels } from '../annotations/coco';
import { openZip } from '../images/zip';
import { RunStore } from '../runs/store';
import { sampleInfo, sampleRequest, sampleStep, sampleTensors } from '../runs/testing/sample-run';
import { exportRuns, importRuns } from '../runs/transfer';
import { MemoryDirectory } from '../testing/memory-directory';
import { readSession } from './read-session';
import type { SessionImage, SessionParts } from './types';
import { writeSession } from './write-session';

const image = (id: string, file: string, text: string): SessionImage => ({
  ...{ id, file, name: file.split('/').at(-1)!, width: 640, height: 480 },
  blob: new Blob([text]),
});

const IMAGES: SessionImage[] = [
  { ...image('i1', 'a.jpg', 'photo a'), notes: { reviewed: true, origins: ['drawn'] } },
  image('i2', 'x/a.jpg', 'another, longer photo'),
  image('i3', 'empty – größe.png', 'photo without anything'),
];

const LABELS: LabelSet = {
  classes: ['waschbär', 'cell'],
  images: [
    {
      ...{ file: 'a.jpg', width: 640, height: 480 },
      objects: [
        { classIndex: 1, box: [0.1, 0.2, 10.3, 20.7], difficult: true, extra: { yolo: '0.1 0.2 0.3 0.4' } },
        { classIndex: 0, box: [-3, 5, 640.5, 100] },
      ],
    },
    { file: 'empty – größe.png', width: 640, height: 480, objects: [] },
  ],
};

let parts: SessionParts;
let zip: Blob;

async function someRuns(): Promise<Pick<SessionParts, 'runs' | 'photos'>> {
  const disk = new MemoryDirectory();
  const open = async (): Promise<MemoryDirectory> => disk;
  const store = new RunStore(open);
  for (const id of ['r1', 'r2']) await store.createRun(sampleInfo(id), sampleRequest(id));
  await store.appendSteps('r1', [sampleStep(1)]);
  await store.saveState('r1', 1, sampleTensors(1));
  await store.saveBest('r1', 1, sampleTensors(2));
  return exportRuns(open);
}

beforeAll(async () => {
  parts = {
    images: IMAGES,
    labels: LABELS,
    colours: { cell: 3 },
    splits: { 'a.jpg': 'val', 'x/a.jpg': 'train', 'empty – größe.png': 'none' },
    view: { current: 'i2', threshold: 0.4 },
    ...(await someRuns()),
  };
  zip = await writeSession(parts);
});

const paths = async (blob: Blob): Promise<string[]> => (await openZip(blob, 'x')).map(({ path }) => path).sort();
const texts = (blobs: readonly { blob: Blob }[]): Promise<string[]> =>
  Promise.all(blobs.map(({ blob }) => blob.text()));

const bytesOf = async (blob: Blob): Promise<Uint8Array> => new Uint8Array(await blob.arrayBuffer());

/** Changes the bytes of a text that is stored as it is. */
async function damaged(text: string): Promise<Blob> {
  const bytes = Buffer.from(await zip.arrayBuffer());
  const at = bytes.indexOf(text);
  expect(at).toBeGreaterThan(0);
  bytes[at] = bytes[at]! ^ 1;
  return new Blob([bytes]);
}

/** The archive without some entries, others in the place of theirs. */
async function rewritten(change: Readonly<Record<string, string | null>>): Promise<Blob> {
  const { BlobReader, BlobWriter, TextReader, ZipWriter } = await import('@zip.js/zip.js/lib/zip-core-native.js');
  const writer = new ZipWriter(new BlobWriter('application/zip'), { useWebWorkers: false });
  for (const entry of await openZip(zip, 'x')) {
    const text = change[entry.path];
    if (text === null) continue;
    await writer.add(entry.path, text === undefined ? new BlobReader(await entry.open()) : new TextReader(text));
  }
  return writer.close();
}

describe('a session file', () => {
  it('brings everything back', async () => {
    const { parts: back, problems } = await readSession(zip);
    expect(problems).toEqual([]);
    const plain = (images: readonly SessionImage[]): unknown[] => images.map(({ blob: _, ...rest }) => rest);
    expect(plain(back.images)).toEqual(plain(IMAGES));
    expect(await texts(back.images)).toEqual(await texts(IMAGES));
    expect(back.labels).toEqual(LABELS);
    expect([back.colours, back.splits, back.view]).toEqual([parts.colours, parts.splits, parts.view]);
    expect(back.photos.map(({ sha256 }) => sha256).sort()).toEqual(parts.photos.map(({ sha256 }) => sha256).sort());
    expect(back.runs.map(({ id, files }) => [id, [...files.keys()]])).toEqual(
      parts.runs.map(({ id, files }) => [id, [...files.keys()]]),
    );
    for (const [at, { files }] of parts.runs.entries())
      for (const [name, file] of files)
        expect(await bytesOf(back.runs[at]!.files.get(name)!)).toEqual(await bytesOf(file));
  });

  it('runs go on elsewhere', async () => {
    const disk = new MemoryDirectory();
    const open = async (): Promise<MemoryDirectory> => disk;
    const { parts: back } = await readSession(zip);
    expect(await importRuns(back.runs, back.photos, open)).toEqual({ kept: ['r1', 'r2'], problems: [] });
    const store = new RunStore(open);
    expect((await store.loadState('r1'))!.tensors.get('decoder.weight')!.data[0]).toBe(1);
    expect(await texts((await store.readRequest('r2')).data.images.map(({ file }) => ({ blob: file })))).toEqual([
      'photo a',
      'photo b',
      'photo a',
    ]);
  });

  it('holds a photo once that a run shares with the session, and COCO for other programs', async () => {
    const found = await paths(zip);
    expect(found.filter((path) => path.startsWith('runs/photos/'))).toHaveLength(1);
    expect(found).toContain('images/x/a.jpg');
    const coco = (await openZip(zip, 'x')).find(({ path }) => path === 'annotations.json')!;
    const { set, problems } = readCocoLabels(await (await coco.open()).text(), 'annotations.json');
    expect([problems, set.classes, set.images[0]!.objects.length]).toEqual([[], LABELS.classes, 2]);
  });

  it('refuses two images of one path, and a path that leaves the folder', async () => {
    for (const file of ['a.jpg', '../b.jpg', '/c.jpg', ''])
      await expect(writeSession({ ...parts, images: [IMAGES[0]!, image('i9', file, 'x')] })).rejects.toThrow(
        `expected a path of its own in the session file, got "${file}"`,
      );
  });

  it('stops when it is told to', async () => {
    await expect(writeSession(parts, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('a damaged session file', () => {
  const subjects = (problems: readonly { subject: string }[]): string[] => problems.map(({ subject }) => subject);

  it('gives back the good images and names the bad one', async () => {
    const { parts: back, problems } = await readSession(await damaged('another, longer photo'), 's.zip');
    expect(back.images.map(({ id }) => id)).toEqual(['i1', 'i3']);
    expect(problems).toMatchObject([{ code: 'image', subject: 's.zip/images/x/a.jpg' }]);
    expect(back.labels).toEqual(LABELS);
    expect(back.runs).toHaveLength(2);
  });

  it('falls back to COCO for the labels, then to none', async () => {
    const { parts: back, problems } = await readSession(await rewritten({ 'labels.json': '{"classes": [' }));
    expect(subjects(problems)).toEqual(['session.zip/labels.json']);
    expect(problems[0]!.message).toMatch(/line 1, column 14/);
    expect(back.labels.images.map(({ objects }) => objects.length)).toEqual([2, 0]);
    const none = await readSession(await rewritten({ 'labels.json': null, 'annotations.json': '[]' }));
    expect(subjects(none.problems)).toEqual(['session.zip/labels.json', 'session.zip/annotations.json']);
    expect(none.parts.labels).toEqual({ classes: [], images: [] });
    expect(none.parts.images).toHaveLength(3);
  });

  it('leaves out boxes and images of the labels that cannot be', async () => {
    const [first] = LABELS.images;
    const boxes = [
      { classIndex: 7, box: [0, 0, 1, 1] },
      { classIndex: 0, box: [0, 0, null, 1] },
      { classIndex: 0, box: [5, 5, 9, 9] },
    ];
    const text = JSON.stringify({ ...LABELS, images: [{ ...first, objects: boxes }, { file: 3 }, null] });
    const { parts: back, problems } = await readSession(await rewritten({ 'labels.json': text }));
    expect(back.labels.images.map(({ objects }) => objects)).toEqual([[boxes[2]]]);
    expect(problems.map(({ message }) => message.slice(0, 22))).toEqual([
      'object 0 of a.jpg: exp',
      'object 1 of a.jpg: exp',
      'images[1]: expected fi',
      'images[2]: expected fi',
    ]);
  });

  it('leaves out a run without its information, and a damaged file of a run', async () => {
    const { parts: back, problems } = await readSession(
      await rewritten({
        'runs/r2/request.json': null,
        'runs/r1/best.safetensors': null,
        'splits.json': '{"test": []}',
      }),
    );
    expect(back.runs.map(({ id, files }) => [id, files.has('best.safetensors'), files.has('log.jsonl')])).toEqual([
      ['r1', false, true],
    ]);
    expect(subjects(problems).sort()).toEqual(
      [
        'r2',
        'session.zip/runs/r1/best.safetensors',
        'session.zip/runs/r2/request.json',
        'session.zip/splits.json',
      ].sort(),
    );
  });

  it('that cannot be opened at all says why', async () => {
    const cases: [Blob, string, RegExp][] = [
      [zip.slice(0, zip.size - 100), 'storage', /damaged one/],
      [new Blob(['no zip']), 'storage', /damaged one/],
      [await rewritten({ 'manifest.json': null }), 'storage', /archive without manifest.json/],
      [await rewritten({ 'manifest.json': '{}' }), 'storage', /expected format "stepdetr-session", got none/],
      [
        await rewritten({ 'manifest.json': '{"format":"stepdetr-session","version":2}' }),
        'unsupported',
        /version 1, got/,
      ],
      [await rewritten({ 'manifest.json': '{"format":"stepdetr-session","version":1}' }), 'storage', /list of images/],
    ];
    for (const [blob, code, message] of cases)
      await expect(readSession(blob)).rejects.toMatchObject({
        detail: { code, subject: expect.stringContaining('session.zip'), message: expect.stringMatching(message) },
      });
  });
});
