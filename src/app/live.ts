/** The camera live through the current model: from the button to the store, a frame at a time. */
import { DetectorError, toAppError } from '../lib/errors';
import { createFrameFlow, type FrameFlow } from '../lib/frame-flow';
import type { ImageDetections } from '../lib/types';
import type { CompareStore } from '../state/compare';
import type { LabelStore } from '../state/labels';
import type { AppStore } from '../state/store';
import type { DetectorClient } from '../workers/client';
import { newId } from './ids';
import type { LiveCamera, Ports } from './ports';

/** One that the device works on, one whose commands wait behind it. */
export const MOST_IN_FLIGHT = 2;

export interface Live {
  start(): void;
  /** Switches the camera off and shows the image again that was shown before. */
  stop(): void;
  video(): HTMLVideoElement | null;
}

export interface LiveParts {
  store: AppStore;
  labels: LabelStore;
  compare: CompareStore;
  client: Pick<DetectorClient, 'detect'>;
  ports: Pick<Ports, 'openWebcam'>;
  /** What the camera's frames are called. */
  name: string;
  /** The page, whose visibility is followed. */
  page: Pick<Document, 'hidden' | 'addEventListener'>;
}

interface Running {
  camera: LiveCamera | null;
  flow: FrameFlow | null;
  /** Shown again afterwards. */
  before: string | null;
}

export function createLive({ store, labels, compare, client, ports, name, page }: LiveParts): Live {
  let running: Running | null = null;

  /** Takes the newest frame through the model. */
  const detect = async (camera: LiveCamera): Promise<ImageDetections | undefined> => {
    const frame = store.getState().model ? await camera.capture() : null;
    if (!frame) return undefined;
    const answer = await client.detect(frame, name, newId('live'));
    if (!answer.ok)
      throw new DetectorError(answer.error.code, answer.error.subject, answer.error.message, answer.error.hint);
    return answer.value;
  };

  const end = (restore: boolean): void => {
    if (!running) return;
    const { camera, flow, before } = running;
    running = null;
    flow?.pause();
    camera?.close();
    store.getState().setLive(null);
    if (!restore) return;
    const { images, showImage } = store.getState();
    const shown = images.find(({ id }) => id === before) ?? images[0];
    if (shown) showImage(shown.id);
  };

  const fail = (thrown: unknown): void => {
    end(true);
    store.getState().notify({ kind: 'fault', error: toAppError(thrown, name) });
  };

  const follow = (mine: Running, camera: LiveCamera): void => {
    const flow = createFrameFlow({
      most: MOST_IN_FLIGHT,
      work: () => detect(camera),
      onAnswer: (detections, rate) => {
        const frames = (store.getState().live?.frames ?? 0) + 1;
        store.getState().setLive({ detections, rate, frames, mostInFlight: flow.mostInFlight });
      },
      onError: fail,
      now: () => performance.now(),
    });
    Object.assign(mine, { camera, flow });
    camera.onFrame(flow.offer);
    camera.onEnd(() => {
      if (running === mine) fail(new DetectorError('image', name, 'expected a camera that stays on, it went away'));
    });
    store.getState().setLive({ status: 'on' });
    followVisibility();
  };

  const followVisibility = (): void => {
    if (!running?.camera || !running.flow) return;
    const { camera, flow } = running;
    camera.setEnabled(!page.hidden);
    if (page.hidden) flow.pause();
    else flow.resume();
    store.getState().setLive({ status: page.hidden ? 'hidden' : 'on' });
  };

  page.addEventListener('visibilitychange', followVisibility);
  // What takes the stage for itself ends the camera.
  store.subscribe((state, before) => {
    if (state.currentImage !== null && state.currentImage !== before.currentImage) end(false);
  });
  labels.subscribe(({ mode }) => {
    if (mode === 'label') end(true);
  });
  compare.subscribe(({ open }) => {
    if (open) end(true);
  });

  return {
    start: () => {
      if (running) return;
      const mine: Running = { camera: null, flow: null, before: store.getState().currentImage };
      running = mine;
      if (labels.getState().mode === 'label') labels.getState().setMode('detect');
      store.getState().beginLive();
      ports.openWebcam().then(
        (camera) => {
          if (running === mine) follow(mine, camera);
          else camera.close();
        },
        (thrown: unknown) => {
          if (running === mine) fail(thrown);
        },
      );
    },
    stop: () => end(true),
    video: () => running?.camera?.video ?? null,
  };
}
