/**
 * The engine in Node: what `--runtime node` and the bundle run. Built by Vite into dist-node/ (the kernels' WGSL is part of the
 * code); programs load it with `loadEngine` of load.ts.
 */
import type { Remote } from 'comlink';
import type { AdapterChoice } from '../browser';
import { drawDetections } from '../../src/app/exports';
import { decodeImage } from '../../src/data/images/decode';
import type { ImageDetections } from '../../src/lib/types';
import type { DetectorWorker, DeviceInfo, WorkerEvent } from '../../src/workers/protocol';
import { sentence, valueOf } from '../app/answers';
import { installPlatform } from './platform/install';
import { ORIGIN } from './platform/files';
import { WHY_NO_GPU } from './platform/gpu';
import { startWorker } from './worker';

export interface NodeEngineOptions {
  adapter: AdapterChoice;
  /** The folder with models/, as the app's public/ has it. */
  files: string;
}

/** Callbacks are given as they are, without Comlink's `proxy`. */
export interface NodeEngine {
  worker: Remote<DetectorWorker>;
  device: DeviceInfo;
  /** PNG bytes of the picture at full size with its boxes. */
  draw(image: File, found: ImageDetections, classes: readonly string[], threshold: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Pictures that boxes are drawn on are read no larger than this, as by the page. */
const MOST_DRAWN_SIDE = 4096;

function tell(event: WorkerEvent): void {
  if (event.type === 'fault') console.error(sentence(event.error));
  if (event.type === 'device-lost') console.error(event.reason);
}

/**
 * Opens the engine on a device, without a model. Once a process.
 * @throws Error when there is no WebGPU adapter
 */
export async function openEngine({ adapter, files }: NodeEngineOptions): Promise<NodeEngine> {
  const platform = await installPlatform({ adapter, files });
  if (!platform.gpu) {
    platform.dispose();
    throw new Error(WHY_NO_GPU);
  }
  const worker = await startWorker();
  const options = { adapter: 'high-performance', backend: 'webgpu', base: `${ORIGIN}/` } as const;
  const device = valueOf(await worker.start(options, tell));
  return {
    worker,
    device,
    draw: async (image, found, classes, threshold) => {
      const { bitmap } = await decodeImage(image, image.name, { maxSide: MOST_DRAWN_SIDE });
      const png = await drawDetections(bitmap, found, classes, { threshold, layer: null });
      return new Uint8Array(await png.arrayBuffer());
    },
    close: async () => {
      await worker.loseDevice();
      platform.dispose();
    },
  };
}
