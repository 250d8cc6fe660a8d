/**
 * Keeps images, labels and view between visits. What is confirmed is written at once: a record for each image and each item that
 * changed. Only a drag waits for its end. Where the browser keeps nothing (private mode, no room) one notice says so and the
 * session goes on.
 */
import { DetectorError, toAppError, type AppError } from '../lib/errors';
import { isLabelled, labelDataOf, NO_ITEM, NO_LABELS, type LabelData } from '../state/labels-data';
import type { LabelStore } from '../state/labels';
import type { Pictures } from '../state/pictures';
import { isSample, type SampleName } from '../state/samples';
import type { AppStore } from '../state/store';
import { createKeptImages, type KeptImages } from './persistence-images';
import type { KeptChanges, KeptImage, KeptPorts, KeptSession, KeptValues } from './persistence-types';

export interface Persistence {
  /** Brings the last visit back and keeps what changes from then on. @returns whether there are images */
  restore(): Promise<boolean>;
  keepTexts(changes: Record<string, string | null>): void;
  /** Resolves when the images that are here are kept, or cannot be. */
  imagesKept(): Promise<void>;
  /** Resolves when all that was asked to be kept is kept, or has failed. */
  settled(): Promise<void>;
}

export interface PersistenceParts {
  store: AppStore;
  labels: LabelStore;
  pictures: Pictures;
  kept: KeptPorts;
  /** Puts an image of the last visit into the strip. */
  addKept(image: KeptImage, blob: Blob): void;
  addSample(name: SampleName): Promise<void>;
  /** Label files of the last visit that wait for images. */
  onTexts(texts: Record<string, string>): void;
}

const sampleOf = ({ name }: KeptImage): SampleName | null => {
  const sample = name.replace(/\.jpg$/, '');
  return isSample(sample) ? sample : null;
};

export function createPersistence(parts: PersistenceParts): Persistence {
  const { store, labels, pictures, kept } = parts;
  /** False: another tab keeps the session, or the browser keeps nothing. */
  let isKeeping = false;
  let written: LabelData = NO_LABELS;
  let values: Partial<KeptValues> = {};
  let hasAsked = false;
  let isFailing = false;
  const pending = new Set<Promise<boolean>>();

  const failed = (thrown: unknown): void => {
    if (isFailing) return;
    isFailing = true;
    store.getState().notify({ kind: 'fault', error: toAppError(thrown, 'labels') });
  };

  /** What was not written differs from anything, so that it is written with the next change. */
  const lose = ({ items, values: lost }: KeptChanges): void => {
    const unknown = Object.fromEntries(Object.keys(items ?? {}).map((id) => [id, { ...NO_ITEM }]));
    written = { ...written, items: { ...written.items, ...unknown } };
    values = Object.fromEntries(Object.entries(values).filter(([key]) => !(key in (lost ?? {}))));
  };

  const write = (changes: KeptChanges): Promise<boolean> => {
    if (!isKeeping) return Promise.resolve(false);
    const writing = kept.write(changes).then(
      () => {
        if (isFailing) images.again();
        isFailing = false;
        return true;
      },
      (thrown: unknown) => {
        lose(changes);
        failed(thrown);
        return false;
      },
    );
    pending.add(writing);
    void writing.finally(() => pending.delete(writing));
    return writing;
  };

  const images: KeptImages = createKeptImages({ store, labels, pictures, kept, write, failed });

  const valuesNow = (): KeptValues => {
    const { currentImage, splitChoices } = store.getState();
    const { classes, splits, fileExtra, mode, activeClass } = labels.getState();
    return { classes, splits, fileExtra, mode, activeClass, currentImage, splitChoices };
  };

  /** Writes what differs from what was written last. */
  const follow = (): void => {
    if (!isKeeping || !labels.temporal.getState().isTracking) return;
    const [now, nextValues] = [labelDataOf(labels.getState()), valuesNow()];
    const items: NonNullable<KeptChanges['items']> = {};
    if (now.items !== written.items) {
      for (const [id, item] of Object.entries(now.items)) if (written.items[id] !== item) items[id] = item;
      for (const id of Object.keys(written.items)) if (!(id in now.items)) items[id] = null;
    }
    const changed = Object.entries(nextValues).filter(([key, value]) => values[key as keyof KeptValues] !== value);
    [written, values] = [now, nextValues];
    const isChanged = changed.length > 0 || Object.keys(items).length > 0;
    if (isChanged) void write({ items, values: Object.fromEntries(changed) as Partial<KeptValues> });
    images.follow();
    if (!hasAsked && Object.values(items).some((item) => item && isLabelled(item))) {
      hasAsked = true;
      void kept.persist().catch(() => undefined);
    }
  };

  const open = async (): Promise<KeptSession | null> => {
    try {
      const session = await kept.open();
      if (session) return session;
      const error = new DetectorError(
        'storage',
        'labels',
        'another tab with this app keeps images and labels, so this one does not',
        'Close the other tab and load this page again to go on with them here.',
      ).detail;
      store.getState().notify({ kind: 'fault', error });
    } catch (thrown) {
      failed(thrown);
    }
    return null;
  };

  const gone = (name: string): AppError =>
    new DetectorError('storage', name, 'expected it among the kept images, it is gone', 'Add the image again.').detail;

  const bringBack = async (session: KeptSession): Promise<void> => {
    for (const image of session.images) {
      const sample = image.bytes === null ? sampleOf(image) : null;
      if (sample) await parts.addSample(sample);
      const blob = image.bytes === null ? null : await kept.openBytes(image.bytes).catch(() => null);
      if (blob) parts.addKept(image, blob);
      else if (!sample) store.getState().refuse(gone(image.name));
    }
    const { currentImage, splitChoices, mode, activeClass, ...data } = session.values;
    labels.temporal.getState().pause();
    labels.getState().replaceAll({ ...NO_LABELS, ...data, items: session.items });
    labels.temporal.getState().resume();
    labels.temporal.getState().clear();
    if (mode) labels.getState().setMode(mode);
    if (activeClass) labels.getState().setActiveClass(activeClass);
    if (splitChoices) store.getState().setSplitChoices(splitChoices);
    if (currentImage) store.getState().showImage(currentImage);
    parts.onTexts(session.texts);
  };

  return {
    restore: async () => {
      const session = await open();
      try {
        if (!session) return store.getState().images.length > 0;
        await bringBack(session);
        isKeeping = true;
        written = { ...labelDataOf(labels.getState()), items: session.items };
        values = session.values;
        images.start(session.images);
        follow();
        store.subscribe(follow);
        labels.subscribe(follow);
        // The end of a drag changes only the history.
        labels.temporal.subscribe(follow);
      } catch (thrown) {
        // What is kept stays as it is: nothing is written over it.
        failed(thrown);
      }
      return store.getState().images.length > 0;
    },
    keepTexts: (texts) => void write({ texts }),
    imagesKept: images.settled,
    settled: async () => {
      await images.settled();
      await Promise.all(pending);
    },
  };
}
