/** A directory in memory that behaves like OPFS: missing entries, files in use, a full disk, data that a closed tab loses. */
import type { Directory, FileEntry, SyncFile, WritableFile } from '../directory';

export interface MemoryOptions {
  /** Bytes that fit in; more throws QuotaExceededError. */
  quota?: number;
  /** Files offer createSyncAccessHandle, as in a worker. */
  sync?: boolean;
  /** Files offer move. */
  move?: boolean;
}

const fail = (name: string): never => {
  throw new DOMException(name, name);
};

class Disk {
  used = 0;

  constructor(readonly options: MemoryOptions) {}

  /** A file's content after a write; the old content is given back to the disk. */
  store(before: Uint8Array<ArrayBuffer>, after: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    if (this.used - before.length + after.length > (this.options.quota ?? Infinity)) return fail('QuotaExceededError');
    this.used += after.length - before.length;
    return after;
  }
}

function spliced(content: Uint8Array, bytes: Uint8Array, at: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(Math.max(content.length, at + bytes.length));
  out.set(content);
  out.set(bytes, at);
  return out;
}

function resized(content: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(size);
  out.set(content.subarray(0, size));
  return out;
}

class MemoryFile implements FileEntry {
  content = new Uint8Array(0);
  private inUse = false;
  createSyncAccessHandle?: () => Promise<SyncFile>;
  move?: (name: string) => Promise<void>;

  constructor(
    readonly disk: Disk,
    rename: (name: string) => void,
  ) {
    if (disk.options.sync) this.createSyncAccessHandle = () => this.openSync();
    if (disk.options.move) {
      this.move = async (name) => {
        this.lock();
        rename(name);
        this.inUse = false;
      };
    }
  }

  private lock(): void {
    if (this.inUse) fail('NoModificationAllowedError');
    this.inUse = true;
  }

  async getFile(): Promise<Blob> {
    return new Blob([this.content]);
  }

  /** Writes to a copy that takes the file's place on close. */
  async createWritable(options?: { keepExistingData?: boolean }): Promise<WritableFile> {
    let copy: Uint8Array<ArrayBuffer> = options?.keepExistingData ? this.content.slice() : new Uint8Array(0);
    let at = 0;
    const room = (): number => (this.disk.options.quota ?? Infinity) - this.disk.used + this.content.length;
    return {
      write: async (bytes) => {
        const next = spliced(copy, bytes, at);
        if (next.length > room()) fail('QuotaExceededError');
        copy = next;
        at += bytes.length;
      },
      seek: async (position) => void (at = position),
      truncate: async (size) => void (copy = resized(copy, size)),
      close: async () => void (this.content = this.disk.store(this.content, copy)),
    };
  }

  private async openSync(): Promise<SyncFile> {
    this.lock();
    return {
      write: (bytes, { at }) => {
        this.content = this.disk.store(this.content, spliced(this.content, bytes, at));
        return bytes.length;
      },
      truncate: (size) => void (this.content = this.disk.store(this.content, resized(this.content, size))),
      flush: () => undefined,
      close: () => void (this.inUse = false),
    };
  }
}

export class MemoryDirectory implements Directory {
  private readonly entries = new Map<string, MemoryDirectory | MemoryFile>();
  private readonly disk: Disk;

  constructor(options: MemoryOptions | Disk = {}) {
    this.disk = options instanceof Disk ? options : new Disk(options);
  }

  async getDirectoryHandle(name: string, options?: { create?: boolean }): Promise<MemoryDirectory> {
    const found = this.entries.get(name);
    if (found instanceof MemoryFile) return fail('TypeMismatchError');
    if (!found && !options?.create) return fail('NotFoundError');
    const folder = found ?? new MemoryDirectory(this.disk);
    this.entries.set(name, folder);
    return folder;
  }

  async getFileHandle(name: string, options?: { create?: boolean }): Promise<MemoryFile> {
    const found = this.entries.get(name);
    if (found instanceof MemoryDirectory) return fail('TypeMismatchError');
    if (!found && !options?.create) return fail('NotFoundError');
    const file: MemoryFile = found ?? new MemoryFile(this.disk, (to) => this.rename(file, to));
    this.entries.set(name, file);
    return file;
  }

  private rename(file: MemoryFile, to: string): void {
    for (const [name, entry] of this.entries) if (entry === file) this.entries.delete(name);
    this.entries.set(to, file);
  }

  async removeEntry(name: string, options?: { recursive?: boolean }): Promise<void> {
    const found = this.entries.get(name);
    if (!found) return fail('NotFoundError');
    if (found instanceof MemoryFile) this.disk.used -= found.content.length;
    else {
      if (found.entries.size > 0 && !options?.recursive) fail('InvalidModificationError');
      for await (const inner of found.keys()) await found.removeEntry(inner, { recursive: true });
    }
    this.entries.delete(name);
  }

  async *keys(): AsyncGenerator<string> {
    yield* [...this.entries.keys()];
  }

  /** Paths of all files with their sizes, for assertions. */
  files(prefix = ''): Record<string, number> {
    const found: Record<string, number> = {};
    for (const [name, entry] of this.entries) {
      if (entry instanceof MemoryFile) found[prefix + name] = entry.content.length;
      else Object.assign(found, entry.files(`${prefix}${name}/`));
    }
    return found;
  }
}
