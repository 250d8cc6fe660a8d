/**
 * Images, labels and view of the session in IndexedDB: a record for every image, item and label file, so that a change
 * writes only what changed. The shapes are the app's; nothing here looks into them.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { storageError } from '../directory';

const NAME = 'stepdetr-session';
const VERSION = 1;
const SUBJECT = 'labels';

export interface Changes<Image, Item, Values> {
  images?: Record<string, Image | null>;
  items?: Record<string, Item | null>;
  texts?: Record<string, string | null>;
  values?: Partial<Values>;
}

interface Schema extends DBSchema {
  images: { key: string; value: unknown };
  items: { key: string; value: unknown };
  texts: { key: string; value: unknown };
  values: { key: string; value: unknown };
}

type StoreName = 'images' | 'items' | 'texts' | 'values';
const STORES: readonly StoreName[] = ['images', 'items', 'texts', 'values'];

export interface Database<Image, Item, Values> {
  /** Everything by key. @throws DetectorError `storage` */
  read(): Promise<{
    images: Record<string, Image>;
    items: Record<string, Item>;
    texts: Record<string, string>;
    values: Partial<Values>;
  }>;
  /** All of it or nothing; the transaction begins before this returns. @throws DetectorError `storage` */
  write(changes: Changes<Image, Item, Values>): Promise<void>;
  close(): void;
}

async function readStore(database: IDBPDatabase<Schema>, store: StoreName): Promise<Record<string, unknown>> {
  const tx = database.transaction(store);
  const [keys, values] = await Promise.all([tx.store.getAllKeys(), tx.store.getAll()]);
  return Object.fromEntries(keys.map((key, index) => [key, values[index]]));
}

async function writeChanges(database: IDBPDatabase<Schema>, changes: Changes<unknown, unknown, object>): Promise<void> {
  const tx = database.transaction(STORES, 'readwrite');
  // A request that fails rejects on its own, too; the transaction tells all that there is to say.
  const ignore = (): void => undefined;
  try {
    for (const name of STORES) {
      for (const [key, value] of Object.entries(changes[name] ?? {})) {
        const store = tx.objectStore(name);
        void (value === null && name !== 'values' ? store.delete(key) : store.put(value, key)).catch(ignore);
      }
    }
    tx.commit();
  } catch (thrown) {
    // A value that cannot be copied: none of the others is written either.
    tx.abort();
    await tx.done.catch(ignore);
    throw thrown;
  }
  await tx.done;
}

/** @throws DetectorError `storage` where the browser keeps nothing */
export async function openDatabase<Image, Item, Values extends object>(
  name = NAME,
): Promise<Database<Image, Item, Values>> {
  try {
    const database = await openDB<Schema>(name, VERSION, {
      upgrade: (fresh) => STORES.forEach((store) => fresh.createObjectStore(store)),
    });
    return {
      read: async () => {
        try {
          const [images, items, texts, values] = await Promise.all(STORES.map((store) => readStore(database, store)));
          return {
            images: images as Record<string, Image>,
            items: items as Record<string, Item>,
            texts: texts as Record<string, string>,
            values: values as Partial<Values>,
          };
        } catch (thrown) {
          throw storageError(thrown, SUBJECT);
        }
      },
      write: async (changes) => {
        try {
          await writeChanges(database, changes);
        } catch (thrown) {
          throw storageError(thrown, SUBJECT);
        }
      },
      close: () => database.close(),
    };
  } catch (thrown) {
    throw storageError(thrown, SUBJECT);
  }
}
