/** The page as the plain parts of a session file. session-join.ts is the way back. */
import type { ImageItem, ImageOrigin } from '../state/images';
import type { LabelBox, LabelState, WorkMode } from '../state/labels';
import { isLabelled } from '../state/labels-data';
import type { AppState } from '../state/store';
import type { SidePanel, Trails } from '../state/view';
import { itemExtra, ownNames } from './labels-join';
import type { LabelledFile } from './labelled-set';
import type { SavedImage, SavedPage } from './session-types';

/** What the page knows of an image beside its labels. */
export interface ImageNotes {
  origin: ImageOrigin;
  /** Where somebody labelled it. */
  reviewed?: boolean;
  /** Of its boxes, in the order of its labels. */
  origins?: LabelBox['origin'][];
  /** `LabelledItem.extra` */
  extra?: unknown;
}

/** What was looked at and how; images by id, classes by name. */
export interface SavedView {
  currentImage: string | null;
  threshold: number;
  layerPosition: number | null;
  trails: Trails;
  showLabels: boolean;
  hiddenClasses: readonly string[];
  sidePanel: SidePanel;
  mode: WorkMode;
  activeClass: string | null;
  splitChoices: Readonly<Record<string, readonly string[]>>;
}

/** A path that stays inside the archive's folder. */
const insidePath = (name: string): string =>
  name
    .split(/[\\/]/)
    .filter((step) => step !== '' && step !== '.' && step !== '..')
    .join('/') || 'image';

function viewOf(app: AppState, labels: LabelState): SavedView {
  const { currentImage, threshold, layerPosition, trails, showLabels, hiddenClasses, sidePanel, splitChoices } = app;
  const activeClass = labels.classes.find(({ id }) => id === labels.activeClass)?.name ?? null;
  const shown = { currentImage, threshold, layerPosition, trails, showLabels, hiddenClasses, sidePanel };
  return { ...shown, splitChoices, mode: labels.mode, activeClass };
}

function notesOf({ id, origin }: ImageItem, { items }: LabelState): ImageNotes {
  const item = items[id];
  if (!item || !isLabelled(item)) return { origin };
  const { boxes, reviewed, extra } = item;
  return { origin, reviewed, origins: boxes.map((box) => box.origin), ...(extra !== undefined && { extra }) };
}

/** @param blobOf the file of an image; one without a file is left out */
export function partsOfPage(app: AppState, labels: LabelState, blobOf: (id: string) => Blob | undefined): SavedPage {
  const { classes, items, splits, fileExtra } = labels;
  const here = app.images.flatMap((item) => {
    const blob = blobOf(item.id);
    return blob ? [{ item, blob }] : [];
  });
  const files = ownNames(here.map(({ item }) => insidePath(item.name)));
  const fileOf = new Map(here.map(({ item }, index) => [item.id, files[index]!]));
  const images = here.map(({ item, blob }): SavedImage => {
    const { id, name, width, height } = item;
    return { id, name, file: fileOf.get(id)!, blob, width, height, notes: notesOf(item, labels) };
  });
  const indices = new Map(classes.map(({ id }, index) => [id, index]));
  const labelled = here.flatMap(({ item: { id, width, height } }): LabelledFile[] => {
    const item = items[id];
    if (!item || !isLabelled(item)) return [];
    const said = itemExtra(item.extra);
    const size = width > 0 ? { width, height } : { width: said?.width ?? 0, height: said?.height ?? 0 };
    const objects = item.boxes.map(({ id: _, classId, origin: _origin, ...box }) => ({
      ...box,
      classIndex: indices.get(classId)!,
    }));
    return [{ file: fileOf.get(id)!, ...size, objects, ...(said?.extra !== undefined && { extra: said.extra }) }];
  });
  return {
    images,
    labels: {
      classes: classes.map(({ name }) => name),
      images: labelled,
      ...(fileExtra !== null && fileExtra !== undefined && { extra: fileExtra }),
    },
    colours: Object.fromEntries(classes.flatMap(({ name, colour }) => (colour === null ? [] : [[name, colour]]))),
    splits: Object.fromEntries(
      Object.entries(splits).flatMap(([id, split]) => (fileOf.has(id) ? [[fileOf.get(id)!, split]] : [])),
    ),
    view: viewOf(app, labels),
  };
}
