/** The browser's private file system (src/data/directory.ts) as a folder on disk. */
import { closeSync, existsSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Directory, FileEntry, SyncFile, WritableFile } from '../../../src/data/directory';

const fail = (name: string, path: string): never => {
  throw new DOMException(`${path}: ${name}`, name);
};

/** What is at a path: a file, a folder or nothing. */
function kindOf(path: string): 'file' | 'folder' | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return null;
  return stat.isDirectory() ? 'folder' : 'file';
}

class DiskFile implements FileEntry {
  constructor(
    private readonly folder: string,
    private name: string,
  ) {}

  private get path(): string {
    return join(this.folder, this.name);
  }

  /** A copy in memory: later writes do not change it. */
  async getFile(): Promise<File> {
    if (!existsSync(this.path)) return fail('NotFoundError', this.path);
    return new File([readFileSync(this.path)], this.name);
  }

  async createSyncAccessHandle(): Promise<SyncFile> {
    const file = openSync(this.path, 'r+');
    return {
      write: (bytes, { at }) => writeSync(file, bytes, 0, bytes.length, at),
      truncate: (size) => ftruncateSync(file, size),
      flush: () => fsyncSync(file),
      close: () => closeSync(file),
    };
  }

  /** Unlike in a browser what was written counts at once, not on close. */
  async createWritable(options?: { keepExistingData?: boolean }): Promise<WritableFile> {
    const file = await this.createSyncAccessHandle();
    if (!options?.keepExistingData) file.truncate(0);
    let at = 0;
    return {
      write: async (bytes) => void (at += file.write(bytes, { at })),
      seek: async (position) => void (at = position),
      truncate: async (size) => file.truncate(size),
      close: async () => file.close(),
    };
  }

  async move(name: string): Promise<void> {
    renameSync(this.path, join(this.folder, name));
    this.name = name;
  }
}

/** A folder that exists already. Errors have the names that browsers give them. */
export class DiskDirectory implements Directory {
  constructor(private readonly path: string) {}

  async getDirectoryHandle(name: string, options?: { create?: boolean }): Promise<DiskDirectory> {
    const path = join(this.path, name);
    const kind = kindOf(path);
    if (kind === 'file') return fail('TypeMismatchError', path);
    if (kind === null && !options?.create) return fail('NotFoundError', path);
    mkdirSync(path, { recursive: true });
    return new DiskDirectory(path);
  }

  async getFileHandle(name: string, options?: { create?: boolean }): Promise<DiskFile> {
    const path = join(this.path, name);
    const kind = kindOf(path);
    if (kind === 'folder') return fail('TypeMismatchError', path);
    if (kind === null && !options?.create) return fail('NotFoundError', path);
    if (kind === null) closeSync(openSync(path, 'w'));
    return new DiskFile(this.path, name);
  }

  async removeEntry(name: string, options?: { recursive?: boolean }): Promise<void> {
    const path = join(this.path, name);
    const kind = kindOf(path);
    if (kind === null) return fail('NotFoundError', path);
    if (kind === 'folder' && !options?.recursive && readdirSync(path).length > 0)
      return fail('InvalidModificationError', path);
    rmSync(path, { recursive: true });
  }

  async *keys(): AsyncGenerator<string> {
    yield* readdirSync(this.path);
  }
}
