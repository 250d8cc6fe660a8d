/** A session file back: what is whole of it, and what is not as problems. */
import { DetectorError, toAppError, type AppError, type ErrorCode } from '../../lib/errors';
import type { SplitName } from '../../lib/training';
import { readCocoLabels } from '../annotations/coco';
import { readSplitsJson } from '../annotations/splits';
import { boxFault, labelProblem } from '../annotations/problems';
import type { LabelledImage, LabelSet } from '../annotations/types';
import { openZip, type ZippedFile } from '../images/zip';
import { isObject, parseJsonObject } from '../json';
import { INFO, REQUEST } from '../runs/folder';
import type { RunFiles, RunPhoto } from '../runs/transfer';
import { COCO, imagePath, LABELS, MANIFEST, readManifest, runPath, SPLITS, type SessionManifest } from './manifest';
import type { ReadSession, SessionImage, SessionWork } from './types';

/** Entries of one archive; a fault of one of them is a problem and not the end. */
class Archive {
  readonly problems: AppError[] = [];
  private opened = 0;

  constructor(
    readonly name: string,
    private readonly entries: ReadonlyMap<string, ZippedFile>,
    private readonly work: SessionWork,
  ) {}

  has(path: string): boolean {
    return this.entries.has(path);
  }

  /** @throws DetectorError naming the entry that is missing or damaged; AbortError after the signal */
  async open(path: string, code: ErrorCode): Promise<File> {
    this.work.signal?.throwIfAborted();
    this.work.onFile?.(Math.min((this.opened += 1), this.entries.size), this.entries.size);
    const subject = `${this.name}/${path}`;
    const entry = this.entries.get(path);
    if (!entry) throw new DetectorError(code, subject, 'expected this file in the session, it is not there');
    try {
      return await entry.open();
    } catch (thrown) {
      throw new DetectorError(code, subject, toAppError(thrown, subject).message, 'The rest of the session is whole.');
    }
  }

  /** What `work` gives; null where it throws, which is a problem then. */
  async attempt<T>(path: string, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (thrown) {
      this.work.signal?.throwIfAborted();
      this.problems.push(toAppError(thrown, `${this.name}/${path}`));
      return null;
    }
  }
}

async function openArchive(blob: Blob, name: string, work: SessionWork): Promise<Archive> {
  try {
    return new Archive(name, new Map((await openZip(blob, name)).map((entry) => [entry.path, entry])), work);
  } catch (thrown) {
    const { subject, message } = toAppError(thrown, name);
    throw new DetectorError('storage', subject, message, 'Save the session again, or copy the file again.');
  }
}

async function readImages(archive: Archive, { images }: SessionManifest): Promise<SessionImage[]> {
  const read: SessionImage[] = [];
  for (const { id, file, name, width, height, notes } of images) {
    const blob = await archive.attempt(imagePath(file), () => archive.open(imagePath(file), 'image'));
    if (!blob) continue;
    read.push({ id, file, name, width, height, blob: new File([blob], name), ...(notes !== undefined && { notes }) });
  }
  return read;
}

/** Whether a parsed image has the fields of a LabelledImage; its boxes are checked one by one. */
function isLabelled(value: unknown): value is LabelledImage {
  if (!isObject(value) || typeof value.file !== 'string') return false;
  const { width, height, objects } = value;
  return [width, height].every((side) => typeof side === 'number') && Array.isArray(objects) && objects.every(isObject);
}

/** labels.json: what `writeSession` wrote, each image and box checked. */
function parseLabels(text: string, subject: string, problems: AppError[]): LabelSet {
  const json = parseJsonObject(text, subject, 'annotations');
  const { classes, images, extra } = json;
  if (!Array.isArray(classes) || !classes.every((name) => typeof name === 'string') || !Array.isArray(images))
    throw new DetectorError('annotations', subject, 'expected classes and images, got something else');
  const good = images.flatMap((image: unknown, at): LabelledImage[] => {
    if (!isLabelled(image)) {
      problems.push(labelProblem(subject, `images[${at}]: expected file, size and objects, got something else`));
      return [];
    }
    const objects = image.objects.filter(({ classIndex, box }, index) => {
      const named = classes[classIndex] !== undefined && Array.isArray(box) && box.length === 4;
      const fault = named ? boxFault(box, image.width, image.height) : 'expected a class and a box';
      if (fault !== null) problems.push(labelProblem(subject, `object ${index} of ${image.file}: ${fault}`));
      return fault === null;
    });
    return [{ ...image, objects }];
  });
  return { classes, images: good, ...(isObject(extra) && { extra: extra as NonNullable<LabelSet['extra']> }) };
}

/** labels.json; where that is damaged, the COCO file beside it says nearly the same. */
async function readLabels(archive: Archive): Promise<LabelSet> {
  const subject = (path: string): string => `${archive.name}/${path}`;
  const text = async (path: string): Promise<string> => (await archive.open(path, 'annotations')).text();
  const exact = await archive.attempt(LABELS, async () =>
    parseLabels(await text(LABELS), subject(LABELS), archive.problems),
  );
  if (exact) return exact;
  const coco = await archive.attempt(COCO, async () => readCocoLabels(await text(COCO), subject(COCO)));
  archive.problems.push(...(coco?.problems ?? []));
  return coco?.set ?? { classes: [], images: [] };
}

const SPLIT_NAMES: readonly string[] = ['train', 'val', 'none'] satisfies SplitName[];

async function readSplits(archive: Archive): Promise<Record<string, SplitName>> {
  const subject = `${archive.name}/${SPLITS}`;
  const lists = await archive.attempt(SPLITS, async () =>
    readSplitsJson(await (await archive.open(SPLITS, 'annotations')).text(), subject),
  );
  const splits: Record<string, SplitName> = {};
  for (const [split, files] of Object.entries(lists ?? {})) {
    if (SPLIT_NAMES.includes(split)) for (const file of files) splits[file] = split as SplitName;
    else archive.problems.push(labelProblem(subject, `expected the splits ${SPLIT_NAMES.join(', ')}, got ${split}`));
  }
  return splits;
}

/** Runs of which at least information and request are whole; another damaged file of them is a problem and left out. */
async function readRuns(archive: Archive, { runs }: SessionManifest): Promise<RunFiles[]> {
  const read: RunFiles[] = [];
  for (const { id, files } of runs) {
    const whole = new Map<string, Blob>();
    for (const name of files) {
      const path = runPath(id, name);
      const file = await archive.attempt(path, () => archive.open(path, 'storage'));
      if (file) whole.set(name, file);
    }
    if (whole.has(INFO) && whole.has(REQUEST)) read.push({ id, files: whole });
    else
      archive.problems.push({ code: 'storage', subject: id, message: `is left out: it needs ${INFO} and ${REQUEST}` });
  }
  return read;
}

/** @param read images that were read already, by path: nothing is inflated twice */
async function readPhotos(
  archive: Archive,
  { photos }: SessionManifest,
  read: ReadonlyMap<string, Blob>,
): Promise<RunPhoto[]> {
  const found: RunPhoto[] = [];
  for (const [sha256, path] of Object.entries(photos)) {
    const isImage = path.startsWith('images/');
    // A damaged image is a problem already.
    const blob = isImage ? read.get(path) : await archive.attempt(path, () => archive.open(path, 'image'));
    if (blob) found.push({ sha256, blob });
  }
  return found;
}

/**
 * Reads a session file. Everything whole of it is given back; each damaged or missing file is a problem that names it.
 * @param name of the file, for errors
 * @throws DetectorError `storage` where the archive or its manifest cannot be read, `unsupported` for a later version;
 *   AbortError after the signal
 */
export async function readSession(blob: Blob, name = 'session.zip', work: SessionWork = {}): Promise<ReadSession> {
  const archive = await openArchive(blob, name, work);
  if (!archive.has(MANIFEST))
    throw new DetectorError('storage', name, `expected a saved session, got an archive without ${MANIFEST}`);
  const manifest = readManifest(await (await archive.open(MANIFEST, 'storage')).text(), `${name}/${MANIFEST}`);
  const images = await readImages(archive, manifest);
  const labels = await readLabels(archive);
  const splits = await readSplits(archive);
  const runs = await readRuns(archive, manifest);
  const byPath = new Map(images.map(({ file, blob: image }) => [imagePath(file), image]));
  const photos = await readPhotos(archive, manifest, byPath);
  const { colours, view } = manifest;
  return { parts: { images, labels, colours, splits, view, runs, photos }, problems: archive.problems };
}
