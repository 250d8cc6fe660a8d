/**
 * A session file joined with what is on the page: nothing that is here is lost. Labels, splits and colours of the file count for
 * images and classes that have none here.
 */
import { DetectorError, type AppError } from '../lib/errors';
import type { ImageItem } from '../state/images';
import type { LabelBox, LabelClass, LabelData, LabelledItem } from '../state/labels';
import { isLabelled, labelId } from '../state/labels-data';
import { MAX_THRESHOLD, MIN_THRESHOLD } from '../state/view';
import type { LabelStore } from '../state/labels';
import type { AppStore } from '../state/store';
import { lastingId } from './ids';
import { joinClasses } from './labels-join';
import type { LabelledFile } from './labelled-set';
import type { ImageNotes, SavedView } from './session-parts';
import type { SavedImage, SavedPage } from './session-types';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const ORIGINS: readonly unknown[] = ['drawn', 'model', 'import'] satisfies LabelBox['origin'][];

/** Anybody can write a session file: what is not as it should be is left out. */
function notesOf({ notes }: SavedImage): Pick<ImageNotes, 'reviewed' | 'origins' | 'extra'> {
  if (!isObject(notes)) return {};
  const { reviewed, origins, extra } = notes;
  return {
    ...(typeof reviewed === 'boolean' && { reviewed }),
    ...(Array.isArray(origins) && origins.every((each) => ORIGINS.includes(each)) && { origins }),
    ...(isObject(extra) && { extra }),
  };
}

/** Ids of lasting images (ids.ts): others, a sample's among them, are not what this page would give. */
const LASTING = /^image-[0-9a-f]{16}$/;

/**
 * The images of the file that are here already, by their ids in the file.
 * @param same whether an image here has these bytes
 */
export async function imagesHere(
  saved: readonly SavedImage[],
  here: readonly ImageItem[],
  same: (id: string, blob: Blob) => Promise<boolean>,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const left = new Set(here.map(({ id }) => id));
  for (const { id, name, blob } of saved) {
    // Two images here may be the same photo: the one of that id or name comes first.
    const likely = here.filter((item) => left.has(item.id)).sort((a, b) => rank(b, id, name) - rank(a, id, name));
    for (const item of likely) {
      if (!(await same(item.id, blob))) continue;
      found.set(id, item.id);
      left.delete(item.id);
      break;
    }
  }
  return found;
}

const rank = (item: ImageItem, id: string, name: string): number =>
  (item.id === id ? 2 : 0) + (item.name === name ? 1 : 0);

/** The id of an image that comes in: its own, so that runs still know it, where it is free. */
export function incomingId(id: string, here: readonly ImageItem[]): string {
  return LASTING.test(id) && !here.some((item) => item.id === id) ? id : lastingId('image');
}

function itemOf({ objects }: LabelledFile, image: SavedImage, classIds: readonly string[]): LabelledItem {
  const { reviewed = objects.length === 0, origins, extra } = notesOf(image);
  const told = origins?.length === objects.length ? origins : undefined;
  const boxes = objects.map(({ classIndex, ...rest }, at): LabelBox => ({
    ...rest,
    id: labelId('box'),
    classId: classIds[classIndex]!,
    origin: told?.[at] ?? 'import',
  }));
  return { boxes, reviewed, ...(extra !== undefined && { extra }) };
}

const sameBoxes = (a: LabelledItem, b: LabelledItem): boolean => {
  const plain = ({ boxes, reviewed }: LabelledItem): string =>
    JSON.stringify([reviewed, boxes.map(({ classId, box, difficult, crowd }) => [classId, box, difficult, crowd])]);
  return plain(a) === plain(b);
};

/** The same list where no class is without a colour that the file has. */
function coloured(classes: LabelClass[], colours: Readonly<Record<string, number>>): LabelClass[] {
  const lacks = ({ name, colour }: LabelClass): boolean => colour === null && Object.hasOwn(colours, name);
  if (!classes.some(lacks)) return classes;
  return classes.map((each) => (lacks(each) ? { ...each, colour: colours[each.name]! } : each));
}

/** @param ids of images on the page by their ids in the file */
export function joinLabels(
  data: LabelData,
  { labels, colours, splits, images }: SavedPage,
  ids: ReadonlyMap<string, string>,
): { data: LabelData; problems: AppError[] } {
  const problems: AppError[] = [];
  const classes = coloured(joinClasses(data.classes, labels.classes), colours);
  const classIds = labels.classes.map((name) => classes.find((each) => each.name === name)!.id);
  const [items, joined] = [{ ...data.items }, { ...data.splits }];
  const byFile = new Map(labels.images.map((image) => [image.file, image]));
  for (const image of images) {
    const [id, labelled] = [ids.get(image.id), byFile.get(image.file)];
    if (id === undefined) continue;
    const split = splits[image.file];
    if (split && joined[id] === undefined) joined[id] = split;
    if (!labelled) continue;
    const [mine, theirs] = [items[id], itemOf(labelled, image, classIds)];
    if (!mine || !isLabelled(mine)) items[id] = theirs;
    else if (!sameBoxes(mine, theirs)) problems.push(labelledHere(image.name));
  }
  const before = data.fileExtra as object | null;
  const fileExtra = isObject(labels.extra) ? { ...labels.extra, ...before } : before;
  return { data: { classes, items, splits: joined, fileExtra }, problems };
}

const labelledHere = (name: string): AppError =>
  new DetectorError(
    'annotations',
    name,
    'has other labels here than in the session file; those here stay',
    'Clear the image’s labels and open the session again to have those of the file.',
  ).detail;

const among = <T>(value: unknown, choices: readonly T[]): T | undefined => choices.find((each) => each === value);
const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

/** Looks at it as it was looked at. @param ids of images on the page by their ids in the file */
export function applyView(app: AppStore, labels: LabelStore, view: unknown, ids: ReadonlyMap<string, string>): void {
  if (!isObject(view)) return;
  const v: { [K in keyof SavedView]?: unknown } = view;
  const to = app.getState();
  if (typeof v.threshold === 'number' && v.threshold >= MIN_THRESHOLD && v.threshold <= MAX_THRESHOLD)
    to.setThreshold(v.threshold);
  if (v.layerPosition === null || (typeof v.layerPosition === 'number' && v.layerPosition >= 0)) {
    to.setPlaying(false);
    to.setLayerPosition(v.layerPosition);
  }
  const trails = among(v.trails, ['off', 'one', 'all'] as const);
  if (trails) to.setTrails(trails);
  if (typeof v.showLabels === 'boolean') to.setShowLabels(v.showLabels);
  if (isTexts(v.hiddenClasses))
    for (const name of v.hiddenClasses) if (!to.hiddenClasses.includes(name)) to.toggleClass(name);
  const panel = among(v.sidePanel, ['detections', 'label', 'train', 'model', 'device'] as const);
  if (panel) to.setSidePanel(panel);
  const mode = among(v.mode, ['detect', 'label'] as const);
  if (mode) labels.getState().setMode(mode);
  const active = labels.getState().classes.find(({ name }) => name === v.activeClass);
  if (active) labels.getState().setActiveClass(active.id);
  if (isObject(v.splitChoices)) to.setSplitChoices(joinChoices(to.splitChoices, v.splitChoices, ids));
  const current = typeof v.currentImage === 'string' ? ids.get(v.currentImage) : undefined;
  if (current !== undefined) to.showImage(current);
}

function joinChoices(
  here: Readonly<Record<string, readonly string[]>>,
  saved: Readonly<Record<string, unknown>>,
  ids: ReadonlyMap<string, string>,
): Record<string, readonly string[]> {
  const lists = Object.entries(saved).flatMap(([name, list]) =>
    isTexts(list)
      ? [[name, [...new Set([...(here[name] ?? []), ...list.flatMap((id) => ids.get(id) ?? [])])]] as const]
      : [],
  );
  return { ...here, ...Object.fromEntries(lists) };
}
