/** The same model on TF.js's own kernels, in the page. */
// First: it remembers TF.js's kernels, which ours replace when the device is opened.
import { onPlainKernels } from './plain-kernels';
import { assembleCheckpoint } from '../../../src/data/checkpoint';
import { lastDetections } from './detections';
import type { Engine, ModelFiles } from './engines';
import { openOwn } from './own-engine';

export async function openTfjs({ name, checkpoint }: ModelFiles): Promise<Engine> {
  const files = new Map<string, ArrayBuffer>();
  for (const file of checkpoint) files.set(file.name, await file.arrayBuffer());
  const own = await onPlainKernels(() =>
    openOwn(assembleCheckpoint({ id: name, name, source: 'files', files }), { planned: false }),
  );
  const { engine, adapter } = own;
  const signal = new AbortController().signal;
  return {
    device: adapter,
    detect: async (photo) => lastDetections(await onPlainKernels(() => engine.detect(photo, 'photo.jpg', signal))),
    close: async () => engine.device.destroy(),
  };
}
