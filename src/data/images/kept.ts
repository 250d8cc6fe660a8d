/**
 * Photos kept in the browser's private file system: images/<id>, where the id is the sha256 of the file in hex. The same photo
 * kept twice is one file. A file is written under another name and gets its own when it is whole.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import {
  browserRoot,
  findFile,
  findFolder,
  removeIfThere,
  renameFile,
  storageError,
  writeBytes,
  type Directory,
  type OpenRoot,
} from '../directory';

const IMAGES = 'images';
const ID = /^[0-9a-f]{64}$/;
/** `<id>.<milliseconds>-<random>.part`: somebody writes it, or did before the tab was closed. */
const PART = /^[0-9a-f]{64}\.(\d+)-[0-9a-z]+\.part$/;
/** Milliseconds after which nobody writes a photo any more. */
const ABANDONED = 3_600_000;

/** Hex. Reads the file piece by piece. */
export async function sha256Of(blob: Blob): Promise<string> {
  const hash = sha256.create();
  const reader = blob.stream().getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) hash.update(next.value);
  return bytesToHex(hash.digest());
}

async function write(folder: Directory, id: string, blob: Blob): Promise<void> {
  const part = `${id}.${Date.now()}-${Math.random().toString(36).slice(2) || '0'}.part`;
  try {
    await writeBytes(folder, part, blob);
    await renameFile(folder, part, id);
  } catch (thrown) {
    await removeIfThere(folder, part).catch(() => undefined);
    throw thrown;
  }
}

/**
 * Keeps a photo for the next visit.
 * @returns its id
 * @throws DetectorError `storage` where there is no room or no storage: then nothing of it stays
 */
export async function keepImage(blob: Blob, open: OpenRoot = browserRoot): Promise<string> {
  try {
    const folder = await (await open()).getDirectoryHandle(IMAGES, { create: true });
    const id = await sha256Of(blob);
    if ((await findFile(folder, id))?.size !== blob.size) await write(folder, id, blob);
    return id;
  } catch (thrown) {
    throw storageError(thrown, blob instanceof File ? blob.name : 'image');
  }
}

/**
 * @param name of the file that is given back
 * @returns null where no such photo is kept
 * @throws DetectorError `storage`
 */
export async function openKept(id: string, name = id, open: OpenRoot = browserRoot): Promise<File | null> {
  try {
    const folder = ID.test(id) ? await findFolder(await open(), IMAGES) : null;
    const blob = folder && (await findFile(folder, id));
    return blob && new File([blob], name);
  } catch (thrown) {
    throw storageError(thrown, name);
  }
}

/** Nothing happens where it is not kept. @throws DetectorError `storage` */
export async function removeKept(id: string, open: OpenRoot = browserRoot): Promise<void> {
  try {
    const folder = ID.test(id) ? await findFolder(await open(), IMAGES) : null;
    if (folder) await removeIfThere(folder, id);
  } catch (thrown) {
    throw storageError(thrown, id);
  }
}

/**
 * Ids of all whole photos. What writes that were cut off have left is deleted, once it is an hour old.
 * @throws DetectorError `storage`
 */
export async function listKept(open: OpenRoot = browserRoot): Promise<string[]> {
  try {
    const folder = await findFolder(await open(), IMAGES);
    if (!folder) return [];
    const names: string[] = [];
    for await (const name of folder.keys()) names.push(name);
    const left = names.filter((name) => Date.now() - Number(PART.exec(name)?.[1] ?? NaN) > ABANDONED);
    for (const name of left) await removeIfThere(folder, name);
    return names.filter((name) => ID.test(name)).sort();
  } catch (thrown) {
    throw storageError(thrown, 'kept images');
  }
}
