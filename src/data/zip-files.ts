/** Bytes that are already there as one zip archive. */
import type * as ZipLibrary from '@zip.js/zip.js';

/** Weights do not get smaller, so everything is stored as it is. */
export async function zipFiles(files: readonly { path: string; bytes: Uint8Array<ArrayBuffer> }[]): Promise<Blob> {
  const library = (): Promise<typeof ZipLibrary> => import('@zip.js/zip.js/lib/zip-core-native.js');
  const { BlobWriter, Uint8ArrayReader, ZipWriter } = await library();
  const writer = new ZipWriter(new BlobWriter('application/zip'), { useWebWorkers: false, level: 0 });
  for (const { path, bytes } of files) await writer.add(path, new Uint8ArrayReader(bytes));
  return writer.close();
}
