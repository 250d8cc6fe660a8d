/** Our engine without a browser: the same worker, in this thread. */
import { valueOf } from '../../app/answers';
import { startWorker } from '../../node/worker';
import { ORIGIN } from '../../node/platform/files';
import { lastDetections } from '../page/detections';
import type { Engine, ModelFiles } from '../page/engines';

const quiet = (): void => undefined;

export async function openOurs({ name, checkpoint }: ModelFiles): Promise<Engine> {
  const worker = await startWorker();
  const options = { adapter: 'high-performance', backend: 'webgpu', base: `${ORIGIN}/` } as const;
  const device = valueOf(await worker.start(options, quiet));
  valueOf(await worker.load({ kind: 'files', name, files: checkpoint }, 'load', quiet));
  return {
    device: device.adapter,
    detect: async (photo) => lastDetections(valueOf(await worker.detect(photo, 'photo.jpg', 'detect'))),
    close: () => worker.loseDevice(),
  };
}
