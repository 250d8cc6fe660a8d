/** A labelled set as files of a format, and as an archive with its images. */
import type * as ZipLibrary from '@zip.js/zip.js';
import { isImagePath } from './paths';
import { SPLITS_FILE } from './read-labels';
import { writeCocoLabels } from './coco';
import { writeSplits } from './splits';
import type { LabelFormat, LabelSet, Splits, WrittenLabels } from './types';
import { writeVoc, type VocOptions } from './voc-write';
import { writeYolo } from './yolo-write';

function writeCoco(set: LabelSet): WrittenLabels {
  const images = new Map(set.images.map(({ file }) => [`images/${file}`, file]));
  return { files: new Map([['annotations.json', writeCocoLabels(set)]]), images, problems: [] };
}

/** The label files of a set; with splits, `splits.json` too, which says what a format's own lists cannot. */
export function writeLabels(
  format: LabelFormat,
  set: LabelSet,
  splits: Splits,
  options: VocOptions = {},
): WrittenLabels {
  const written =
    format === 'coco' ? writeCoco(set) : format === 'yolo' ? writeYolo(set, splits) : writeVoc(set, splits, options);
  if (Object.keys(splits).length === 0) return written;
  // Splits name the images by where they are in the archive: in YOLO's folders that is not where they were.
  const places = new Map([...written.images].map(([path, file]) => [file, format === 'yolo' ? path : file]));
  const moved = Object.entries(splits).map(([split, files]) => [split, files.map((file) => places.get(file) ?? file)]);
  const named = set.images.map(({ file }) => ({ file: places.get(file) ?? file }));
  const text = writeSplits(Object.fromEntries(moved) as Splits, named);
  return { ...written, files: new Map([...written.files, [SPLITS_FILE, text]]) };
}

/**
 * A zip archive of label files and the images that are there. Photos are stored as they are: they do not get smaller.
 * @param imageOf the image of a `file`; undefined leaves it out
 * @throws what `imageOf` throws; AbortError after `signal`
 */
export async function zipLabels(
  { files, images }: WrittenLabels,
  imageOf: (file: string) => Promise<Blob | undefined>,
  signal?: AbortSignal,
): Promise<Blob> {
  const library = (): Promise<typeof ZipLibrary> => import('@zip.js/zip.js/lib/zip-core-native.js');
  const { BlobReader, BlobWriter, TextReader, ZipWriter } = await library();
  const writer = new ZipWriter(new BlobWriter('application/zip'), { useWebWorkers: false });
  for (const [path, text] of files) await writer.add(path, new TextReader(text));
  for (const [path, file] of images) {
    signal?.throwIfAborted();
    const image = await imageOf(file);
    if (image) await writer.add(path, new BlobReader(image), isImagePath(path) ? { level: 0 } : {});
  }
  return writer.close();
}
