/**
 * window.stepdetr: the page driven by a program instead of a person, over the same session, worker and model
 * (docs/automation.md). Every answer is a Result: nothing here throws.
 */
import { DetectorError } from '../lib/errors';
import { attempt, err, ok, type Result } from '../lib/result';
import type { EvaluationResult, ImageDetections, LayerId, ModelInfo, Progress } from '../lib/types';
import type { DeviceInfo, MemoryInfo, ModelSource } from '../workers/protocol';
import type { DetectorSession } from './detector-session';
import { newId } from './ids';

export interface EvaluateOptions {
  /** Only the first images of the annotations. */
  limit?: number;
  onProgress?: (progress: Progress) => void;
}

export interface DrawOptions {
  /** Boxes below this score are left out, 0..1. */
  threshold: number;
  /** The last one where it is left out. */
  layer?: LayerId;
}

export interface Automation {
  /** Waits for the device and for the model that this visit starts with. */
  ready(): Promise<Result<{ device: DeviceInfo; model: ModelInfo }>>;
  device(): Promise<Result<DeviceInfo>>;
  /** Makes another checkpoint the current one, in the interface too. */
  load(source: ModelSource): Promise<Result<ModelInfo>>;
  /** Detects with the current model. A file that is not an image is an error of code `image`. */
  detect(file: File): Promise<Result<ImageDetections>>;
  /**
   * Measures every decoder layer of the current model.
   * @param annotationsText COCO JSON
   * @param files its images, found by the last part of file_name
   */
  evaluate(
    annotationsText: string,
    files: readonly File[],
    options?: EvaluateOptions,
  ): Promise<Result<EvaluationResult>>;
  /** Live tensors and bytes in the worker. */
  memory(): Promise<Result<MemoryInfo>>;
  /** The picture at full size with its boxes, as a PNG. */
  draw(file: File, detections: ImageDetections, options: DrawOptions): Promise<Result<Blob>>;
  /** Destroys the GPU device as a crash would; running and later jobs go on with a new one. */
  loseDevice(): Promise<Result<void>>;
}

declare global {
  interface Window {
    stepdetr?: Automation;
  }
}

export type StartedSession = Pick<DetectorSession, 'store' | 'load' | 'detectFile' | 'drawAnnotated'> & {
  client: Pick<DetectorSession['client'], 'evaluate' | 'memory' | 'loseDevice'>;
  started: Promise<Result<ModelInfo>>;
};

function layerIndex({ layers }: ImageDetections, layer: LayerId): number {
  const index = layers.findIndex((each) => each.layer === layer);
  if (index >= 0) return index;
  const known = layers.map((each) => each.layer).join(', ');
  throw new DetectorError('unsupported', `layer ${layer}`, `there is no such decoder layer, only ${known}`);
}

export function createAutomation({ store, client, started, ...session }: StartedSession): Automation {
  const device = async (): Promise<Result<DeviceInfo>> => {
    const first = await started;
    const info = store.getState().device;
    if (info) return ok(info);
    return first.ok ? err({ code: 'device', subject: 'device', message: 'there is none yet' }) : first;
  };
  return {
    device,
    async ready() {
      const [first, opened] = [await started, await device()];
      if (!opened.ok) return opened;
      return first.ok ? ok({ device: opened.value, model: first.value }) : first;
    },
    load: (source) => session.load(source),
    detect: (file) => session.detectFile(file),
    evaluate: (annotations, files, { limit, onProgress = () => undefined } = {}) =>
      client.evaluate(annotations, [...files], limit === undefined ? {} : { limit }, newId('evaluate'), onProgress),
    memory: () => client.memory(),
    draw: (file, detections, { threshold, layer }) =>
      attempt(file.name, () => {
        const index = layer === undefined ? null : layerIndex(detections, layer);
        return session.drawAnnotated(file, file.name, detections, { threshold, layer: index });
      }),
    loseDevice: () => attempt('device', () => client.loseDevice()),
  };
}

/** Makes the automation interface of a session window.stepdetr. */
export function installAutomation(session: StartedSession): void {
  window.stepdetr = createAutomation(session);
}
