/** A small checkpoint of plausible content, for tests of what carries checkpoints. */
import { writeSafetensors } from '../safetensors';

/** model.safetensors with one F32 tensor "weight" of `count` numbers. */
export function sampleWeights(count: number): Uint8Array<ArrayBuffer> {
  const data = Float32Array.from({ length: count }, (_, i) => Math.sin(i * 1.7));
  return writeSafetensors(new Map([['weight', { dtype: 'F32', shape: [count], data }]]), { licence: 'MIT' });
}

export const sampleConfig = JSON.stringify({ model_type: 'stepdetr', num_labels: 3 });

/** A file as a drop gives it; `folder` is the folder that was dropped. */
export function dropped(name: string, content: BlobPart, folder?: string): File {
  const file = new File([content], name);
  if (folder !== undefined) Object.defineProperty(file, 'webkitRelativePath', { value: `${folder}/${name}` });
  return file;
}
