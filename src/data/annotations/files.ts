/** A data set as files by path: a dropped folder, an archive, or a folder on disk. Nothing is read before it is asked for. */
import { toAppError, type AppError } from '../../lib/errors';
import { openZip } from '../images/zip';
import { baseName, folderOf, isImagePath, joinPath, stemOf } from './paths';

export type DatasetFiles = ReadonlyMap<string, () => Promise<Blob>>;

export function filesOfBlobs(blobs: ReadonlyMap<string, Blob>): DatasetFiles {
  return new Map([...blobs].map(([path, blob]) => [joinPath(path), () => Promise.resolve(blob)]));
}

/** @throws DetectorError `image` when the archive is damaged or lists too many files */
export async function filesOfZip(archive: Blob, name: string): Promise<DatasetFiles> {
  const entries = await openZip(archive, name);
  return new Map(entries.map((entry) => [joinPath(entry.path), () => entry.open()]));
}

/** The text of a file that is there; a file that cannot be opened or is no UTF-8 is a problem. */
export async function readText(files: DatasetFiles, path: string, problems: AppError[]): Promise<string | null> {
  try {
    const bytes = await (await files.get(path)!()).arrayBuffer();
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (thrown) {
    const error = toAppError(thrown, path);
    const message = thrown instanceof TypeError ? 'expected text in UTF-8, got other bytes' : error.message;
    problems.push({ ...error, code: 'annotations', message });
    return null;
  }
}

/** Finds the images that label files name. */
export class ImageIndex {
  readonly paths: readonly string[];
  private readonly known: ReadonlySet<string>;
  private readonly byName = new Map<string, string[]>();

  constructor(files: Iterable<string>) {
    this.paths = [...files].filter(isImagePath).sort();
    this.known = new Set(this.paths);
    for (const path of this.paths) {
      for (const key of new Set([baseName(path), baseName(stemOf(path))])) {
        this.byName.set(key, [...(this.byName.get(key) ?? []), path]);
      }
    }
  }

  /**
   * The path of an image: in one of the folders, else the only one of that name anywhere. Without an extension the stem
   * counts. Undefined where there is none, or several.
   */
  find(file: string, folders: readonly string[]): string | undefined {
    const near = folders.map((folder) => joinPath(folder, file)).find((path) => this.known.has(path));
    if (near !== undefined) return near;
    const named = this.byName.get(baseName(joinPath(file))) ?? [];
    const inFolders = named.filter((path) => folders.includes(folderOf(path)));
    return inFolders.length === 1 ? inFolders[0] : named.length === 1 ? named[0] : undefined;
  }
}

/** Where the images of labels in `folder` usually are. */
export function imageFolders(folder: string): string[] {
  const above = folderOf(folder);
  return [folder, above].flatMap((at) => ['', 'images', 'JPEGImages', 'Images'].map((name) => joinPath(at, name)));
}
