/**
 * What a run showed: its held-out images before it and now, and its latest episode, so that they are there at the next visit.
 * Pictures, not records: what cannot be read is left out, the run is whole without it.
 */
import type { EpisodeSnapshot, HeldOutDetections, RunShown } from '../../lib/training';
import { parseTyped, stringifyTyped } from '../../lib/typed-json';
import { removeIfThere, type Directory } from '../directory';
import { EPISODE, findReplaced, HELD_OUT_BEFORE, HELD_OUT_NOW, replaceFile } from './folder';
import type { StoredRequest } from './request';

const JPEG = 'image/jpeg';

async function read(folder: Directory, name: string): Promise<unknown> {
  const file = await findReplaced(folder, name);
  try {
    return file && parseTyped(await file.text());
  } catch {
    return null;
  }
}

const isHeldOut = (value: unknown): value is HeldOutDetections =>
  typeof value === 'object' && value !== null && 'step' in value && 'images' in value;

async function readHeldOut(folder: Directory, name: string): Promise<HeldOutDetections | null> {
  const value = await read(folder, name);
  return isHeldOut(value) ? value : null;
}

/** The first ones that are kept stay as 'before'; all are 'now'. */
export async function keepHeldOut(folder: Directory, detections: HeldOutDetections): Promise<void> {
  const text = stringifyTyped(detections);
  if (!(await findReplaced(folder, HELD_OUT_BEFORE))) await replaceFile(folder, HELD_OUT_BEFORE, text);
  await replaceFile(folder, HELD_OUT_NOW, text);
}

export async function keepEpisode(folder: Directory, { picture, ...rest }: EpisodeSnapshot): Promise<void> {
  const bytes = new Uint8Array(await picture.arrayBuffer());
  await replaceFile(folder, EPISODE, stringifyTyped({ ...rest, bytes }));
}

async function readEpisode(folder: Directory): Promise<EpisodeSnapshot | null> {
  const value = (await read(folder, EPISODE)) as
    (Omit<EpisodeSnapshot, 'picture'> & { bytes: Uint8Array<ArrayBuffer> }) | null;
  if (!value || !(value.bytes instanceof Uint8Array) || !Array.isArray(value.layers)) return null;
  const { bytes, ...rest } = value;
  return { ...rest, picture: new Blob([bytes], { type: JPEG }) };
}

/** @param request of the same run, for the labels that its held-out images had */
export async function readShown(folder: Directory, { data }: StoredRequest): Promise<RunShown> {
  const held = data.images.filter(({ split, labels }) => split === 'val' && labels !== null);
  return {
    before: await readHeldOut(folder, HELD_OUT_BEFORE),
    now: await readHeldOut(folder, HELD_OUT_NOW),
    episode: await readEpisode(folder),
    labels: Object.fromEntries(
      held.map(({ id, name, labels }) => [
        id,
        { name, labels: { classes: labels!.classes, boxes: Float32Array.from(labels!.boxes) } },
      ]),
    ),
  };
}

/** Forgets what is of later steps. */
export async function truncateShown(folder: Directory, step: number): Promise<void> {
  const [now, episode] = [await readHeldOut(folder, HELD_OUT_NOW), await readEpisode(folder)];
  if (now && now.step > step) await removeIfThere(folder, HELD_OUT_NOW);
  if (episode && episode.step > step) await removeIfThere(folder, EPISODE);
}
