/** Our engine: the app's own worker, through its own client. */
import { createDetectorClient } from '../../../src/workers/client';
import { valueOf } from '../../app/answers';
import { lastDetections } from './detections';
import type { Engine, ModelFiles } from './engines';

const quiet = (): void => undefined;

export async function openOurs({ name, checkpoint }: ModelFiles): Promise<Engine> {
  const client = createDetectorClient();
  const device = valueOf(await client.start({ adapter: 'high-performance', backend: 'auto' }, quiet));
  valueOf(await client.load({ kind: 'files', name, files: checkpoint }, 'load', quiet));
  return {
    device: device.adapter,
    detect: async (photo) => lastDetections(valueOf(await client.detect(photo, 'photo.jpg', 'detect'))),
    close: async () => client.terminate(),
  };
}
