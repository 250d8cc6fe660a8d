/**
 * The browser's private file system (OPFS, https://fs.spec.whatwg.org/), as far as this program uses it. The interfaces
 * are the part of FileSystemDirectoryHandle that is needed, so that tests can put a directory in memory in its place.
 */
import { DetectorError } from '../lib/errors';

export interface SyncFile {
  write(bytes: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

export interface WritableFile {
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  seek(at: number): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

export interface FileEntry {
  getFile(): Promise<Blob>;
  createWritable(options?: { keepExistingData?: boolean }): Promise<WritableFile>;
  /** In workers only. Writes in place, so that what was written survives a closed tab. */
  createSyncAccessHandle?(): Promise<SyncFile>;
  /** Not in the standard yet, but in every engine's OPFS. */
  move?(name: string): Promise<void>;
}

export interface Directory {
  getDirectoryHandle(name: string, options?: { create?: boolean }): Promise<Directory>;
  getFileHandle(name: string, options?: { create?: boolean }): Promise<FileEntry>;
  removeEntry(name: string, options?: { recursive?: boolean }): Promise<void>;
  keys(): AsyncIterable<string>;
}

/** Gives the directory that everything is kept in. */
export type OpenRoot = () => Promise<Directory>;

export const browserRoot: OpenRoot = async () => {
  const storage = navigator.storage as StorageManager | undefined;
  if (!storage?.getDirectory) throw new DOMException('no private file system', 'SecurityError');
  // TypeScript's list of methods lacks `keys`, which every engine has.
  return (await storage.getDirectory()) as unknown as Directory;
};

const nameOf = (thrown: unknown): string =>
  thrown instanceof Error || thrown instanceof DOMException ? thrown.name : '';

/** What went wrong with the storage, as an error that says what the person can do. */
export function storageError(thrown: unknown, subject: string): DetectorError {
  if (thrown instanceof DetectorError) return thrown;
  const fail = (message: string, hint: string): DetectorError => new DetectorError('storage', subject, message, hint);
  switch (nameOf(thrown)) {
    case 'QuotaExceededError':
      return fail(
        'the browser’s storage has no room for it',
        'Delete stored models or free disk space to keep it for the next visit.',
      );
    case 'SecurityError':
    case 'NotAllowedError':
      return fail(
        'the browser gives this page no private storage',
        'Leave the private window or allow site data to keep models for the next visit.',
      );
    case 'NoModificationAllowedError':
      return fail('its files are in use, perhaps by another tab with this app', 'Close the other tab and try again.');
    default:
      return fail(`the browser’s storage failed: ${String(thrown)}`, 'Try again; deleting stored models may help.');
  }
}

/** Milliseconds between tries. */
const PAUSES = [20, 80, 320, 1280, 5120] as const;

/**
 * Chromium's file system says InvalidStateError of a file that another request is just done with; a moment later it is fine.
 * @param work may be done again
 */
async function steadily<T>(work: () => Promise<T>): Promise<T> {
  for (const pause of PAUSES) {
    try {
      return await work();
    } catch (thrown) {
      if (nameOf(thrown) !== 'InvalidStateError') throw thrown;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return work();
}

/** A file's content, null where there is no such file. */
export async function findFile(folder: Directory, name: string): Promise<Blob | null> {
  try {
    return await steadily(async () => (await folder.getFileHandle(name)).getFile());
  } catch (thrown) {
    if (nameOf(thrown) === 'NotFoundError') return null;
    throw thrown;
  }
}

/** A folder that may not be there: null then. */
export async function findFolder(folder: Directory, name: string): Promise<Directory | null> {
  try {
    return await folder.getDirectoryHandle(name);
  } catch (thrown) {
    const missing = ['NotFoundError', 'TypeMismatchError', 'TypeError'].includes(nameOf(thrown));
    if (missing) return null;
    throw thrown;
  }
}

/** Removes a file or a folder with all that is in it; nothing happens where it is not there. */
export async function removeIfThere(folder: Directory, name: string): Promise<void> {
  try {
    await steadily(() => folder.removeEntry(name, { recursive: true }));
  } catch (thrown) {
    if (nameOf(thrown) !== 'NotFoundError') throw thrown;
  }
}

/** Writes at the end of a file. */
export interface Appender {
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Until then what was written may be lost. */
  close(): Promise<void>;
}

function syncAppender(file: SyncFile, start: number): Appender {
  let at = start;
  file.truncate(start);
  return {
    async write(bytes) {
      const written = file.write(bytes, { at });
      if (written !== bytes.length)
        throw new DOMException(`${written} of ${bytes.length} bytes written`, 'QuotaExceededError');
      at += written;
    },
    async close() {
      file.flush();
      file.close();
    },
  };
}

/** Opens a file to go on after its first `start` bytes; what stands behind them is dropped. The file is made if need be. */
export async function openAppender(folder: Directory, name: string, start = 0): Promise<Appender> {
  const entry = await steadily(() => folder.getFileHandle(name, { create: true }));
  if (entry.createSyncAccessHandle) {
    const file = await steadily(() => entry.createSyncAccessHandle!());
    try {
      return syncAppender(file, start);
    } catch (thrown) {
      file.close();
      throw thrown;
    }
  }
  const file = await steadily(() => entry.createWritable({ keepExistingData: start > 0 }));
  await file.truncate(start);
  await file.seek(start);
  return { write: (bytes) => file.write(bytes), close: () => file.close() };
}

/** Writes a whole file from the chunks of a stream; `onChunk` sees each of them. */
export async function writeStream(
  folder: Directory,
  name: string,
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  onChunk: (bytes: Uint8Array<ArrayBuffer>) => void = () => undefined,
): Promise<void> {
  const file = await openAppender(folder, name);
  try {
    const reader = stream.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      onChunk(next.value);
      await file.write(next.value);
    }
  } finally {
    await file.close();
  }
}

export function writeBytes(folder: Directory, name: string, bytes: Blob | ArrayBuffer | string): Promise<void> {
  return writeStream(folder, name, new Blob([bytes]).stream());
}

/** Gives a file another name; a file that has that name is replaced. */
export async function renameFile(folder: Directory, from: string, to: string): Promise<void> {
  await removeIfThere(folder, to);
  const entry = await steadily(() => folder.getFileHandle(from));
  if (entry.move) return steadily(() => entry.move!(to));
  await writeBytes(folder, to, await steadily(() => entry.getFile()));
  await steadily(() => folder.removeEntry(from));
}
