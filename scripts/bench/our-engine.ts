/** Our engine: the app's own worker, through its own client. */
import { toPixelXyxy, unitBoxAt } from '../../src/lib/boxes';
import { createDetectorClient } from '../../src/workers/client';
import { valueOf } from '../app/answers';
import type { Engine, ModelFiles } from './engines';

const quiet = (): void => undefined;

export async function openOurs({ name, checkpoint }: ModelFiles): Promise<Engine> {
  const client = createDetectorClient();
  const device = valueOf(await client.start({ adapter: 'high-performance', backend: 'auto' }, quiet));
  valueOf(await client.load({ kind: 'files', name, files: checkpoint }, 'load', quiet));
  return {
    adapter: device.adapter,
    async detect(photo) {
      const { layers, width, height } = valueOf(await client.detect(photo, 'photo.jpg', 'detect'));
      const { boxes, query, label, score } = layers.at(-1)!;
      const box = toPixelXyxy(unitBoxAt(boxes, query[0]!), width, height);
      return { label: label[0]!, score: score[0]!, box: [box[0], box[1], box[2], box[3]] };
    },
    close: async () => client.terminate(),
  };
}
