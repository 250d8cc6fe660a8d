import { afterEach, describe, expect, it, vi } from 'vitest';
import { Pictures } from '../state/pictures';
import { createIntake } from './intake';
import type { Collected } from './ports';
import { freshStore } from './testing/fakes';

const STORED = {
  'cat.jpg': {
    model: 'stepdetr_s',
    classes: ['cat'],
    width: 20,
    height: 10,
    layers: [{ layer: 1, boxes: [[0.5, 0.5, 1, 1]], query: [0], label: [0], score: [0.9] }],
  },
};

function fixture(found: Collected[] = []) {
  const store = freshStore();
  const onImage = vi.fn();
  const onCheckpoint = vi.fn();
  const ports = {
    async *collect() {
      yield* found;
    },
    thumbnail: async (_blob: Blob, name: string) => {
      if (name.includes('broken')) throw new Error('no picture');
      return new Blob(['small']);
    },
    webcamFrame: () => Promise.reject(new Error('no camera')),
    labels: { sizeOf: async (blob: Blob) => (blob.size === 1 ? { width: 3, height: 2 } : undefined) },
  };
  const pictures = new Pictures(() => Promise.reject(new Error('not here')));
  const onText = vi.fn(async () => undefined);
  const onTakenIn = vi.fn(async () => undefined);
  const whenKept = vi.fn(async () => undefined);
  const onSession = vi.fn(async () => undefined);
  const hooks = { onImage, onCheckpoint, onSession, onText, onTakenIn, whenKept };
  const intake = createIntake({ store, pictures, ports, ...hooks, samples: '/samples/' });
  return { store, intake, pictures, ...hooks };
}

const file = (path: string): Collected => ({ file: new File(['x'], path), path });

afterEach(() => vi.unstubAllGlobals());

describe('adding things', () => {
  it('takes images in order, shows the first, names refusals, hands checkpoints on', async () => {
    const refused = { code: 'image' as const, subject: 'x.pdf', message: 'is a PDF' };
    const checkpoint = { name: 'atto', files: [] };
    const session = new File([], 'session.zip');
    const { intake, store, onImage, onCheckpoint, onSession } = fixture([
      { session, path: 'session.zip' },
      file('a.jpg'),
      { refused },
      { checkpoint },
      file('folder/b.jpg'),
    ]);
    await intake.addItems([], 'file');
    expect(store.getState().images.map(({ name }) => name)).toEqual(['a.jpg', 'folder/b.jpg']);
    expect(store.getState().currentImage).toBe(store.getState().images[0]!.id);
    expect(store.getState().refusals).toEqual([refused]);
    expect(onCheckpoint).toHaveBeenCalledExactlyOnceWith(checkpoint);
    expect(onSession).toHaveBeenCalledExactlyOnceWith(session);
    expect(onImage).toHaveBeenCalledTimes(2);
  });

  it('makes thumbnails one by one and goes on past one that fails', async () => {
    const { intake, store } = fixture([file('broken.jpg'), file('b.jpg')]);
    await intake.addItems([], 'paste');
    await vi.waitFor(() => expect(store.getState().images[1]!.thumbnail).toMatch(/^blob:/));
    expect(store.getState().images[0]).not.toHaveProperty('thumbnail');
    expect(store.getState().refusals).toEqual([]);
  });

  it('hands possible label files on, each at once and all at the end, when the sizes are known', async () => {
    const text = new File(['<annotation/>'], 'a.xml');
    const { intake, store, onText, onTakenIn } = fixture([{ text, path: 'a.xml' }, file('a.jpg')]);
    onText.mockImplementation(async () => void expect(store.getState().images).toEqual([]));
    onTakenIn.mockImplementation(
      async () => void expect(store.getState().images[0]).toMatchObject({ width: 3, height: 2 }),
    );
    await intake.addItems([], 'file');
    expect(onText).toHaveBeenCalledExactlyOnceWith('a.xml', text);
    expect(onTakenIn).toHaveBeenCalledExactlyOnceWith(new Map([['a.xml', text]]));
    expect(store.getState().refusals).toEqual([]);
  });

  it('waits with the next image until one is kept, so that nothing is shown that a crash would lose', async () => {
    const { intake, store, whenKept } = fixture([file('a.jpg'), file('b.jpg')]);
    let done: () => void = () => undefined;
    whenKept.mockImplementationOnce(() => new Promise<undefined>((resolve) => (done = () => resolve(undefined))));
    const adding = intake.addItems([], 'file');
    await vi.waitFor(() => expect(whenKept).toHaveBeenCalledOnce());
    expect(store.getState().images).toHaveLength(1);
    done();
    await adding;
    expect(store.getState().images).toHaveLength(2);
  });

  it('adds a file of the same name and content only once, one with other content again', async () => {
    const other: Collected = { file: new File(['y'], 'a.jpg'), path: 'a.jpg' };
    const { intake, store, onImage } = fixture([file('a.jpg'), file('a.jpg'), other]);
    await intake.addItems([], 'file');
    expect(store.getState().images.map(({ name }) => name)).toEqual(['a.jpg', 'a.jpg']);
    expect(new Set(store.getState().images.map(({ id }) => id)).size).toBe(2);
    expect(onImage).toHaveBeenCalledTimes(3);
  });

  it('stops where it is cancelled', async () => {
    const { intake, store } = fixture([file('a.jpg'), file('b.jpg')]);
    const adding = intake.addItems([], 'file');
    intake.cancel();
    await adding;
    expect(store.getState().images).toEqual([]);
  });
});

describe('samples', () => {
  const serve = (answers: Record<string, BodyInit>): void => {
    vi.stubGlobal('fetch', async (address: string) =>
      address in answers ? new Response(answers[address]!) : new Response('', { status: 404 }),
    );
  };

  it('show their stored detections at once, with their class names, and are there only once', async () => {
    serve({ '/samples/cat.jpg': 'jpeg', '/samples/detections.json': JSON.stringify(STORED) });
    const { intake, store } = fixture();
    await Promise.all([intake.addSample('cat'), intake.addSample('cat')]);
    expect(store.getState().images).toHaveLength(1);
    expect(store.getState().images[0]).toMatchObject({ origin: 'sample', status: 'stored', width: 20, height: 10 });
    expect(store.getState().classNames).toEqual({ stepdetr_s: ['cat'] });
  });

  it('wait for live detections where none are stored', async () => {
    serve({ '/samples/cat.jpg': 'jpeg' });
    const { intake, store } = fixture();
    await intake.addSample('cat');
    expect(store.getState().images[0]!.status).toBe('waiting');
  });

  it('say so when the photo is not there', async () => {
    serve({});
    const { intake, store } = fixture();
    await intake.addSample('cat');
    expect(store.getState().images).toEqual([]);
    expect(store.getState().refusals[0]).toMatchObject({ subject: 'cat.jpg', code: 'network' });
  });
});

describe('the camera', () => {
  it('says why there is no picture', async () => {
    const { intake, store } = fixture();
    await intake.addWebcamFrame('camera');
    expect(store.getState().refusals[0]).toMatchObject({ subject: 'camera', message: 'no camera' });
  });
});
