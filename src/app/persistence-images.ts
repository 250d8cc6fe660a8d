/**
 * Keeps the bytes of images and their records, one image after another as they come in, so that a tab that dies in the middle
 * of a folder has kept the first ones. Labelled images are kept whatever their number and before the others, whose labels
 * would be lost with them; others up to a bound.
 */
import { DetectorError } from '../lib/errors';
import type { ImageItem } from '../state/images';
import { isLabelled } from '../state/labels-data';
import type { LabelStore } from '../state/labels';
import type { Pictures } from '../state/pictures';
import type { AppStore } from '../state/store';
import type { KeptChanges, KeptImage, KeptPorts } from './persistence-types';

/** Of images that nobody labelled. */
export const UNLABELLED_BOUND = { images: 1000, bytes: 2 ** 30 } as const;

export interface KeptImages {
  /** Begins with what is kept already. */
  start(images: readonly KeptImage[]): void;
  /** Looks for what came, changed and went. */
  follow(): void;
  /** There is room again: tries what failed. */
  again(): void;
  settled(): Promise<void>;
}

interface Parts {
  store: AppStore;
  labels: LabelStore;
  pictures: Pictures;
  kept: Pick<KeptPorts, 'keepBytes' | 'removeBytes' | 'isInRuns'>;
  /** @returns whether it was written */
  write(changes: KeptChanges): Promise<boolean>;
  failed(thrown: unknown): void;
}

export function createKeptImages({ store, labels, pictures, kept, write, failed }: Parts): KeptImages {
  const records = new Map<string, KeptImage>();
  /** Their turn will come. */
  const asked = new Set<string>();
  /** Over the bound, or failed; and whether they had labels then. They are tried again once they have. */
  const left = new Map<string, boolean>();
  /** In the order in which they came. */
  const queue: { item: ImageItem; at: number }[] = [];
  let place = 0;
  let hasSaid = false;
  let seen: readonly ImageItem[] = [];
  let items = labels.getState().items;
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): void => {
    turn = turn.then(work).catch(failed);
  };

  const isHere = (id: string): boolean => store.getState().images.some((item) => item.id === id);
  const labelled = (id: string): boolean => isLabelled(labels.getState().items[id]);

  const isOver = (blob: Blob): boolean => {
    const others = [...records.values()].filter(({ id, bytes }) => bytes !== null && !labelled(id));
    const bytes = others.reduce((sum, { id }) => sum + (pictures.blob(id)?.size ?? 0), blob.size);
    return others.length >= UNLABELLED_BOUND.images || bytes > UNLABELLED_BOUND.bytes;
  };

  const sayOver = (name: string): void => {
    if (hasSaid) return;
    hasSaid = true;
    const most = `${UNLABELLED_BOUND.images} images or ${UNLABELLED_BOUND.bytes / 2 ** 20} MiB without labels`;
    const error = new DetectorError(
      'storage',
      name,
      `expected at most ${most}; this and later ones are not kept for the next visit`,
      'Images with labels are kept whatever their number.',
    ).detail;
    store.getState().notify({ kind: 'fault', error });
  };

  /** The record as the store has the image now; it may have changed while its bytes were written. */
  const record = async (id: string, bytes: string | null, at: number): Promise<void> => {
    const item = store.getState().images.find((each) => each.id === id);
    if (!item) return;
    const { name, origin, width, height } = item;
    const image: KeptImage = { id, name, origin, bytes, width, height, place: at };
    records.set(id, image);
    if (await write({ images: { [id]: image } })) return;
    records.delete(id);
    left.set(id, labelled(id));
  };

  const release = async ({ id, bytes }: Pick<KeptImage, 'id' | 'bytes'>): Promise<void> => {
    records.delete(id);
    await write({ images: { [id]: null }, items: { [id]: null } });
    if (bytes === null || [...records.values()].some((each) => each.bytes === bytes)) return;
    if (!(await kept.isInRuns(bytes))) await kept.removeBytes(bytes);
  };

  const keepNow = async (item: ImageItem, at: number): Promise<void> => {
    const { id } = item;
    const blob = pictures.blob(id);
    asked.delete(id);
    if (!blob || !isHere(id) || records.has(id)) return;
    if (item.origin === 'sample') return record(id, null, at);
    left.set(id, labelled(id));
    if (!labelled(id) && isOver(blob)) return sayOver(item.name);
    const bytes = await kept.keepBytes(blob);
    left.delete(id);
    await record(id, bytes, at);
    // It may have been removed meanwhile.
    if (!isHere(id)) await release({ id, bytes });
  };

  /** Each image takes a turn; whose it is shows when it comes. */
  const keep = (item: ImageItem): void => {
    asked.add(item.id);
    queue.push({ item, at: (place += 1) });
    inTurn(async () => {
      const urgent = queue.findIndex((each) => labelled(each.item.id));
      const [next] = queue.splice(Math.max(0, urgent), 1);
      await keepNow(next!.item, next!.at);
    });
  };

  const resize = (item: ImageItem, before: KeptImage): void => {
    if (before.width === item.width && before.height === item.height) return;
    asked.add(item.id);
    inTurn(async () => {
      asked.delete(item.id);
      await record(item.id, before.bytes, before.place);
    });
  };

  return {
    start: (images) => {
      for (const image of images) records.set(image.id, image);
      place = Math.max(0, ...images.map((image) => image.place));
    },
    follow: () => {
      const now = store.getState().images;
      const nextItems = labels.getState().items;
      if (now === seen && nextItems === items) return;
      for (const item of now) {
        if (asked.has(item.id)) continue;
        const before = records.get(item.id);
        if (before) resize(item, before);
        else if (left.get(item.id) !== labelled(item.id)) keep(item);
      }
      const here = new Set(now.map(({ id }) => id));
      for (const { id } of seen) {
        const before = records.get(id);
        if (before && !here.has(id)) inTurn(() => release(before));
      }
      [seen, items] = [now, nextItems];
    },
    again: () => {
      left.clear();
      seen = [];
    },
    settled: async () => {
      // What runs may ask for more.
      for (let last: Promise<void> | null = null; last !== turn;) await (last = turn);
    },
  };
}
