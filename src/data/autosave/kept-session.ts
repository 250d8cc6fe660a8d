/** The session of the last visit: records in IndexedDB, bytes of images in the private file system, one tab at a time. */
import { keepImage, listKept, openKept, removeKept } from '../images/kept';
import { openDatabase, type Changes, type Database } from './database';
import { isInRuns } from './in-runs';
import { beTheOneTab } from './one-tab';

interface Session<Image, Item, Values> {
  /** In the order of their places. */
  images: Image[];
  items: Record<string, Item>;
  texts: Record<string, string>;
  values: Partial<Values>;
}

export interface KeptSession<Image, Item, Values> {
  /** @returns null where another tab has the session @throws DetectorError `storage` */
  open(): Promise<Session<Image, Item, Values> | null>;
  /** Only after `open` gave a session. @throws DetectorError `storage` */
  write(changes: Changes<Image, Item, Values>): Promise<void>;
  keepBytes(blob: Blob): Promise<string>;
  openBytes(hash: string): Promise<Blob | null>;
  removeBytes(hash: string): Promise<void>;
  isInRuns(hash: string): Promise<boolean>;
  persist(): Promise<void>;
}

/** Labels of images that the tab had not kept yet when it died belong to nothing. */
async function dropOrphans<Item>(
  items: Record<string, Item>,
  images: readonly { id: string }[],
  write: (changes: { items: Record<string, null> }) => Promise<void>,
): Promise<Record<string, Item>> {
  const known = new Set(images.map(({ id }) => id));
  const orphans = Object.keys(items).filter((id) => !known.has(id));
  if (orphans.length > 0) await write({ items: Object.fromEntries(orphans.map((id) => [id, null])) });
  return Object.fromEntries(Object.entries(items).filter(([id]) => known.has(id)));
}

/** Bytes without a record: their image went away, or the tab died between the two. */
async function dropBytes(used: ReadonlySet<string>): Promise<void> {
  for (const hash of await listKept()) {
    if (!used.has(hash) && !(await isInRuns(hash))) await removeKept(hash);
  }
}

export function createKeptSession<
  Image extends { id: string; bytes: string | null; place: number },
  Item,
  Values extends object,
>(): KeptSession<Image, Item, Values> {
  let opened: Database<Image, Item, Values> | null = null;
  const write = async (changes: Changes<Image, Item, Values>): Promise<void> => opened?.write(changes);
  return {
    open: async () => {
      if (!(await beTheOneTab())) return null;
      opened ??= await openDatabase<Image, Item, Values>();
      const { images, items, ...rest } = await opened.read();
      const sorted = Object.values(images).sort((a, b) => a.place - b.place);
      const used = new Set(sorted.flatMap(({ bytes }) => bytes ?? []));
      await dropBytes(used);
      return { images: sorted, items: await dropOrphans(items, sorted, write), ...rest };
    },
    write,
    keepBytes: (blob) => keepImage(blob),
    openBytes: (hash) => openKept(hash),
    removeBytes: (hash) => removeKept(hash),
    isInRuns: (hash) => isInRuns(hash),
    persist: async () => void (await navigator.storage.persist()),
  };
}
