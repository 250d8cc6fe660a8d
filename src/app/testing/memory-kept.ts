/** A browser's storage in memory: what was written is there for the next visit, a copy, as a real one gives. */
import type { LabelledItem } from '../../state/labels';
import type { KeptChanges, KeptImage, KeptPorts, KeptSession, KeptValues } from '../persistence-types';

export interface MemoryStorage {
  images: Record<string, KeptImage>;
  items: Record<string, LabelledItem>;
  texts: Record<string, string>;
  values: Partial<KeptValues>;
  bytes: Map<string, Blob>;
  /** Bytes that a run needs. */
  inRuns: Set<string>;
  /** Thrown by every write from now on. */
  failure: Error | null;
  writes: KeptChanges[];
  persisted: number;
}

export const memoryStorage = (): MemoryStorage => ({
  images: {},
  items: {},
  texts: {},
  values: {},
  bytes: new Map(),
  inRuns: new Set(),
  failure: null,
  writes: [],
  persisted: 0,
});

function apply<T>(record: Record<string, T>, changes: Record<string, T | null> = {}): void {
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) Reflect.deleteProperty(record, key);
    else record[key] = structuredClone(value);
  }
}

export function memoryKept(storage: MemoryStorage): KeptPorts {
  const check = (): void => {
    if (storage.failure) throw storage.failure;
  };
  return {
    open: async (): Promise<KeptSession> => {
      check();
      const { images, items, texts, values } = structuredClone({
        images: storage.images,
        items: storage.items,
        texts: storage.texts,
        values: storage.values,
      });
      return { images: Object.values(images).sort((a, b) => a.place - b.place), items, texts, values };
    },
    write: async (changes) => {
      check();
      storage.writes.push(structuredClone(changes));
      apply(storage.images, changes.images);
      apply(storage.items, changes.items);
      apply(storage.texts, changes.texts);
      Object.assign(storage.values, structuredClone(changes.values ?? {}));
    },
    keepBytes: async (blob) => {
      check();
      const hash = `hash of ${await blob.text()}`;
      storage.bytes.set(hash, blob);
      return hash;
    },
    openBytes: async (hash) => storage.bytes.get(hash) ?? null,
    removeBytes: async (hash) => void storage.bytes.delete(hash),
    isInRuns: async (hash) => storage.inRuns.has(hash),
    persist: async () => void (storage.persisted += 1),
  };
}
