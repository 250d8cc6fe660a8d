/** The worker's engine in the page itself, where its buffers can be counted; the model may be changed on the way in. */
import { openEmbedded, type Checkpoint } from '../../../src/data/checkpoint';
import { DeviceOwner } from '../../../src/workers/device';
import { Engine } from '../../../src/workers/engine';
import type { WorkerEvent } from '../../../src/workers/protocol';

export interface OwnEngine {
  engine: Engine;
  adapter: string;
}

/** StepDETR-S with another input size or another number of queries; its weights fit any. */
export interface Changed {
  side?: number | undefined;
  queries?: number | undefined;
}

export async function stepDetr({ side, queries }: Changed = {}): Promise<Checkpoint> {
  const quiet = (): void => undefined;
  const embedded = await openEmbedded('stepdetr_s', location.origin, quiet, new AbortController().signal);
  const size = side === undefined ? {} : { image_size: side };
  const shown = side === undefined ? {} : { size: { height: side, width: side } };
  return {
    ...embedded,
    config: { ...embedded.config, ...size, ...(queries === undefined ? {} : { queries }) },
    preprocessor: { ...embedded.preprocessor, ...shown },
  };
}

/** A detection that starts again on a new device must not be timed; the engine itself fails on other faults. */
function refuseLoss(event: WorkerEvent): void {
  if (event.type === 'device-lost') throw new Error(event.reason);
}

/**
 * The checkpoint's model, warm, on WebGPU.
 * @param planned whether forward passes are recorded and replayed
 */
export async function openOwn(checkpoint: Checkpoint, { planned = true } = {}): Promise<OwnEngine> {
  const device = new DeviceOwner('high-performance', 'webgpu', refuseLoss);
  const { adapter } = await device.open();
  const engine = new Engine(device, refuseLoss, planned);
  engine.use(checkpoint);
  await engine.warmUp();
  return { engine, adapter };
}

/** One detection of a picture that needs no decoding. */
export async function detect({ engine }: OwnEngine, pixels: ImageData): Promise<void> {
  await engine.detect(await createImageBitmap(pixels), 'picture', new AbortController().signal);
}

/** A photo of the app's samples. */
export async function sampleFile(name: string): Promise<Blob> {
  return (await fetch(`/samples/${name}.jpg`)).blob();
}

/** The same as pixels. */
export async function samplePhoto(name: string): Promise<ImageData> {
  const bitmap = await createImageBitmap(await sampleFile(name));
  const pen = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d')!;
  pen.drawImage(bitmap, 0, 0);
  return pen.getImageData(0, 0, bitmap.width, bitmap.height);
}
