/**
 * A whole session as one zip archive: images, labels (as COCO JSON too, for other programs), classes with colours, splits, what
 * was looked at, and the kept runs with their weights. Photos that runs share with the session are in it once.
 */
import type * as ZipLibrary from '@zip.js/zip.js';
import { DetectorError } from '../../lib/errors';
import type { SplitName } from '../../lib/training';
import { writeCocoLabels } from '../annotations/coco';
import { sha256Of } from '../images/kept';
import {
  COCO,
  imagePath,
  LABELS,
  MANIFEST,
  photoPath,
  runPath,
  SPLITS,
  writeManifest,
  type ManifestImage,
} from './manifest';
import type { SessionParts, SessionWork } from './types';

const library = (): Promise<typeof ZipLibrary> => import('@zip.js/zip.js/lib/zip-core-native.js');

/** Every `file` is a path of its own that stays inside the archive's folder. */
function checkFiles({ images }: SessionParts): void {
  const seen = new Set<string>();
  for (const { file, name } of images) {
    const steps = file.split('/');
    if (seen.has(file) || steps.some((step) => step === '' || step === '.' || step === '..'))
      throw new DetectorError('internal', name, `expected a path of its own in the session file, got "${file}"`);
    seen.add(file);
  }
}

async function manifestImages({ images }: SessionParts, signal?: AbortSignal): Promise<ManifestImage[]> {
  const listed: ManifestImage[] = [];
  for (const { blob, ...image } of images) {
    signal?.throwIfAborted();
    listed.push({ ...image, sha256: await sha256Of(blob) });
  }
  return listed;
}

/** splits.json with whole paths. */
function splitLists(splits: Readonly<Record<string, SplitName>>): string {
  const lists: Record<string, string[]> = {};
  for (const [file, split] of Object.entries(splits)) (lists[split] ??= []).push(file);
  return `${JSON.stringify(lists, null, 1)}\n`;
}

/**
 * @returns a zip archive; photos and weights are stored as they are, they would not get smaller
 * @throws DetectorError `internal` where two images have the same `file`; AbortError after `signal`; what reading a file throws
 */
export async function writeSession(parts: SessionParts, { signal, onFile }: SessionWork = {}): Promise<Blob> {
  checkFiles(parts);
  const { labels, colours, splits, view, runs } = parts;
  const images = await manifestImages(parts, signal);
  const places = new Map(images.map(({ sha256, file }) => [sha256, imagePath(file)]));
  const photos = parts.photos.map(({ sha256 }) => [sha256, places.get(sha256) ?? photoPath(sha256)]);
  const texts: [path: string, text: string][] = [
    [
      MANIFEST,
      writeManifest({
        ...{ images, colours, view, photos: Object.fromEntries(photos) as Record<string, string> },
        runs: runs.map(({ id, files }) => ({ id, files: [...files.keys()] })),
      }),
    ],
    [LABELS, JSON.stringify(labels)],
    [COCO, writeCocoLabels(labels)],
    [SPLITS, splitLists(splits)],
  ];
  const blobs: [path: string, blob: Blob][] = [
    ...parts.images.map(({ file, blob }): [string, Blob] => [imagePath(file), blob]),
    ...parts.photos
      .filter(({ sha256 }) => !places.has(sha256))
      .map(({ sha256, blob }): [string, Blob] => [photoPath(sha256), blob]),
    ...runs.flatMap(({ id, files }) => [...files].map(([name, file]): [string, Blob] => [runPath(id, name), file])),
  ];
  const { BlobReader, BlobWriter, TextReader, ZipWriter } = await library();
  const writer = new ZipWriter(new BlobWriter('application/zip'), { useWebWorkers: false });
  for (const [path, text] of texts) await writer.add(path, new TextReader(text));
  for (const [index, [path, blob]] of blobs.entries()) {
    signal?.throwIfAborted();
    await writer.add(path, new BlobReader(blob), path.endsWith('.jsonl') ? {} : { level: 0 });
    onFile?.(index + 1, blobs.length);
  }
  return writer.close();
}
