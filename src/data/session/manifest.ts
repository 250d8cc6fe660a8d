/** manifest.json of a session file, and where everything is inside the archive. */
import { DetectorError } from '../../lib/errors';
import { isObject, parseJsonObject } from '../json';

export const MANIFEST = 'manifest.json';
/** COCO JSON of the labels, for other programs. */
export const COCO = 'annotations.json';
/** The labels exactly, with what only other formats can say. */
export const LABELS = 'labels.json';
export const SPLITS = 'splits.json';

export const imagePath = (file: string): string => `images/${file}`;
export const photoPath = (sha256: string): string => `runs/photos/${sha256}`;
export const runPath = (id: string, name: string): string => `runs/${id}/${name}`;

/** Whether an archive with these files is a session file, as far as names tell: a damaged one is one, too. */
export const isSessionArchive = (paths: ReadonlySet<string>): boolean =>
  [MANIFEST, COCO, LABELS, SPLITS].every((path) => paths.has(path));

const FORMAT = 'stepdetr-session';
const VERSION = 1;

export interface ManifestImage {
  readonly id: string;
  readonly file: string;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly sha256: string;
  readonly notes?: unknown;
}

export interface SessionManifest {
  readonly images: readonly ManifestImage[];
  readonly colours: Readonly<Record<string, number>>;
  readonly view: unknown;
  readonly runs: readonly { readonly id: string; readonly files: readonly string[] }[];
  /** Path by sha256: an image of the session, or a file of its own. */
  readonly photos: Readonly<Record<string, string>>;
}

export function writeManifest(manifest: SessionManifest): string {
  return JSON.stringify({ format: FORMAT, version: VERSION, savedAt: new Date().toISOString(), ...manifest }, null, 1);
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

function isImage(value: unknown): value is ManifestImage {
  if (!isObject(value)) return false;
  const { id, file, name, sha256, width, height } = value;
  const texts = [id, file, name, sha256].every((each) => typeof each === 'string');
  return texts && [width, height].every((each) => typeof each === 'number');
}

const isRun = (value: unknown): value is SessionManifest['runs'][number] =>
  isObject(value) && typeof value.id === 'string' && isTexts(value.files);

const valuesAre = (value: unknown, type: 'string' | 'number'): boolean =>
  isObject(value) && Object.values(value).every((each) => typeof each === type);

/** @throws DetectorError `storage` for another file, `unsupported` for a later version */
export function readManifest(text: string, subject: string): SessionManifest {
  const json = parseJsonObject(text, subject, 'storage');
  const fail = (what: string): never => {
    throw new DetectorError('storage', subject, `expected ${what}`, 'Save the session again.');
  };
  if (json.format !== FORMAT) fail(`format "${FORMAT}", got ${JSON.stringify(json.format) ?? 'none'}`);
  if (json.version !== VERSION) {
    const message = `expected a session of version ${VERSION}, got version ${JSON.stringify(json.version)}`;
    throw new DetectorError('unsupported', subject, message, 'Open it with the version of the app that wrote it.');
  }
  const { images, colours, view, runs, photos } = json;
  if (!Array.isArray(images) || !images.every(isImage)) return fail('a list of images with id, file, name and size');
  if (!Array.isArray(runs) || !runs.every(isRun)) return fail('a list of runs with id and files');
  if (!valuesAre(colours, 'number')) fail('numbers of colours by class');
  if (!valuesAre(photos, 'string')) fail('paths of photos by sha256');
  return { images, runs, view, colours: colours as Record<string, number>, photos: photos as Record<string, string> };
}
