import { describe, expect, it, vi } from 'vitest';
import { twoQueries } from '../lib/testing/detections';
import { createCompareStore } from '../state/compare';
import { createLabelStore } from '../state/labels';
import { createLive, MOST_IN_FLIGHT } from './live';
import type { LiveCamera } from './ports';
import { fakeClient, freshStore, modelInfo } from './testing/fakes';

/** A camera whose frames come when the test says so. */
function fakeCamera() {
  const hooks = { frame: () => {}, end: () => {} };
  const video = {} as HTMLVideoElement;
  const camera = {
    video,
    onFrame: (callback: () => void) => void (hooks.frame = callback),
    onEnd: (callback: () => void) => void (hooks.end = callback),
    setEnabled: vi.fn(),
    capture: vi.fn(async () => ({ close: () => undefined }) as ImageBitmap),
    close: vi.fn(),
  } satisfies LiveCamera;
  return { camera, hooks };
}

function fixture() {
  const store = freshStore();
  const labels = createLabelStore();
  const compare = createCompareStore();
  const { client, calls } = fakeClient();
  const { camera, hooks } = fakeCamera();
  const openWebcam = vi.fn(async (): Promise<LiveCamera> => camera);
  const page = { hidden: false, changed: () => {} };
  const watched = {
    get hidden() {
      return page.hidden;
    },
    addEventListener: (_: string, act: () => void) => void (page.changed = act),
  } as unknown as Document;
  const live = createLive({ store, labels, compare, client, ports: { openWebcam }, name: 'camera', page: watched });
  store.getState().setModel('job', modelInfo('m'));
  store.getState().addImage({ id: 'a', name: 'a.jpg', origin: 'file', status: 'done', width: 1, height: 1 });
  return { store, labels, compare, calls, camera, hooks, openWebcam, page, live };
}

const settled = (): Promise<void> => new Promise((done) => setTimeout(done));

async function started() {
  const parts = fixture();
  parts.live.start();
  await settled();
  return parts;
}

describe('the camera live', () => {
  it('takes the place of the image, answers the newest frames, and gives the image back', async () => {
    const { store, live, hooks, calls, camera } = await started();
    expect(store.getState()).toMatchObject({ currentImage: null, live: { status: 'on' } });
    for (let i = 0; i < 9; i++) hooks.frame();
    await settled();
    expect(calls).toHaveLength(MOST_IN_FLIGHT);
    calls[0]!.answer({ ok: true, value: twoQueries() });
    await settled();
    expect(calls).toHaveLength(MOST_IN_FLIGHT + 1);
    expect(store.getState().live).toMatchObject({
      frames: 1,
      mostInFlight: 2,
      detections: { model: twoQueries().model },
    });
    live.stop();
    expect(camera.close).toHaveBeenCalledOnce();
    expect(store.getState()).toMatchObject({ currentImage: 'a', live: null });
    calls[1]!.answer({ ok: true, value: twoQueries() });
    await settled();
    expect(store.getState().live).toBeNull();
  });

  it('rests while the page is hidden', async () => {
    const { store, hooks, calls, page, camera } = await started();
    page.hidden = true;
    page.changed();
    hooks.frame();
    await settled();
    expect([calls.length, store.getState().live?.status]).toEqual([0, 'hidden']);
    expect(camera.setEnabled).toHaveBeenLastCalledWith(false);
    page.hidden = false;
    page.changed();
    hooks.frame();
    await settled();
    expect([calls.length, store.getState().live?.status]).toEqual([1, 'on']);
  });

  it.each([
    ['an image that is shown', ({ store }: ReturnType<typeof fixture>) => store.getState().showImage('a')],
    ['labelling', ({ labels }: ReturnType<typeof fixture>) => labels.getState().setMode('label')],
    ['a comparison', ({ compare }: ReturnType<typeof fixture>) => compare.getState().setOpen(true)],
  ])('%s ends it', async (_, act) => {
    const parts = await started();
    act(parts);
    expect(parts.camera.close).toHaveBeenCalledOnce();
    expect(parts.store.getState()).toMatchObject({ currentImage: 'a', live: null });
  });

  it('a camera that is denied or goes away is told, and the image comes back', async () => {
    const parts = fixture();
    parts.openWebcam.mockRejectedValueOnce(new Error('denied'));
    parts.live.start();
    await settled();
    expect(parts.store.getState()).toMatchObject({ currentImage: 'a', live: null });
    expect(parts.store.getState().notices).toHaveLength(1);
    parts.live.start();
    await settled();
    parts.hooks.end();
    expect(parts.store.getState().live).toBeNull();
  });

  it('a camera that opens after the person has ended it is closed', async () => {
    const { live, camera, store } = fixture();
    live.start();
    live.stop();
    await settled();
    expect(camera.close).toHaveBeenCalledOnce();
    expect(store.getState().live).toBeNull();
  });

  it('an answer that is an error ends it', async () => {
    const { store, hooks, calls, camera } = await started();
    hooks.frame();
    await settled();
    calls[0]!.answer({ ok: false, error: { code: 'device', subject: 'GPU', message: 'is gone' } });
    await settled();
    expect(camera.close).toHaveBeenCalledOnce();
    expect(store.getState().notices[0]).toMatchObject({ error: { message: 'is gone' } });
  });
});
