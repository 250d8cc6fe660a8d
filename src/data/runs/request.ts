/** request.json of a run: settings, model and labels as JSON; photos are kept images, by their sha256. */
import { DetectorError } from '../../lib/errors';
import type { ImageLabels, RunRequest, TrainingImage } from '../../lib/training';
import type { OpenRoot } from '../directory';
import { keepImage, openKept } from '../images/kept';
import { isObject, parseJsonObject } from '../json';

type StoredLabels = { classes: number[]; boxes: number[] };
type StoredImage = Omit<TrainingImage, 'file' | 'labels'> & { sha256: string; labels: StoredLabels | null };
export type StoredRequest = Omit<RunRequest, 'data'> & { data: { classes: string[]; images: StoredImage[] } };

/** Keeps the photos of a request. @throws DetectorError `storage` */
export async function storeRequest(request: RunRequest, open: OpenRoot): Promise<StoredRequest> {
  const images: StoredImage[] = [];
  for (const { file, labels, ...image } of request.data.images) {
    const sha256 = await keepImage(file, open);
    images.push({ ...image, sha256, labels: labels && { classes: labels.classes, boxes: [...labels.boxes] } });
  }
  return { ...request, data: { classes: request.data.classes, images } };
}

function readLabels(labels: StoredLabels | null): ImageLabels | null {
  return labels && { classes: labels.classes, boxes: Float32Array.from(labels.boxes) };
}

const isStoredImage = (value: unknown): boolean =>
  isObject(value) && typeof value.id === 'string' && typeof value.name === 'string' && typeof value.sha256 === 'string';

/** Runs from before these settings were there sampled every query, and were tied to the start whatever it found. */
const BEFORE = { explored: 0, refQueries: 0, refScale: 'constant' };

/** @throws DetectorError `storage` for a text that is not what `storeRequest` made */
export function parseRequest(text: string, name: string): StoredRequest {
  const json = parseJsonObject(text, name, 'storage');
  const { settings, model, data } = json;
  const images: unknown = isObject(data) && data.images;
  if (!isObject(settings) || !isObject(model) || !Array.isArray(images) || !images.every(isStoredImage))
    throw new DetectorError('storage', name, 'expected settings, model and data with images, got something else');
  return { ...json, settings: { ...BEFORE, ...settings } } as unknown as StoredRequest;
}

/**
 * The request as it was, with its photos.
 * @throws DetectorError `storage` naming a photo that is no longer kept
 */
export async function restoreRequest({ data, ...stored }: StoredRequest, open: OpenRoot): Promise<RunRequest> {
  const images: TrainingImage[] = [];
  for (const { sha256, labels, ...image } of data.images) {
    const file = await openKept(sha256, image.name, open);
    if (!file)
      throw new DetectorError('storage', image.name, 'expected it among the images kept in this browser, it is gone');
    images.push({ ...image, file, labels: readLabels(labels) });
  }
  return { ...stored, data: { classes: data.classes, images } };
}
