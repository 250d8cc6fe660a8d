/**
 * Checkpoints kept in the browser's private file system: models/<id>/ with the files and manifest.json, which is written
 * last. A folder without a manifest that fits its files is unfinished and never listed.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { DetectorError } from '../lib/errors';
import type { ModelEntry } from '../lib/types';
import { assembleCheckpoint, WEIGHTS, type Checkpoint } from './checkpoint';
import { idOfFiles, pickFiles } from './checkpoint-files';
import {
  browserRoot,
  findFile,
  findFolder,
  removeIfThere,
  storageError,
  writeBytes,
  writeStream,
  type Directory,
  type OpenRoot,
} from './directory';
import { isObject } from './json';

const MODELS = 'models';
const MANIFEST = 'manifest.json';

export interface Manifest {
  readonly name: string;
  readonly source: 'hub' | 'files';
  /** Of a hub checkpoint: the branch, tag or commit that was asked for. */
  readonly revision?: string | undefined;
  /** Bytes by file name. */
  readonly files: Readonly<Record<string, number>>;
  /** Of model.safetensors, hex. */
  readonly sha256: string;
  readonly licence?: string | undefined;
  /** ISO 8601. */
  readonly savedAt: string;
}

function isManifest(value: unknown): value is Manifest {
  return (
    isObject(value) &&
    typeof value.name === 'string' &&
    (value.source === 'hub' || value.source === 'files') &&
    typeof value.sha256 === 'string' &&
    isObject(value.files) &&
    Object.values(value.files).every((size) => typeof size === 'number')
  );
}

/** The folder of one checkpoint, made if need be. */
export async function modelFolder(open: OpenRoot, id: string): Promise<Directory> {
  const models = await (await open()).getDirectoryHandle(MODELS, { create: true });
  return models.getDirectoryHandle(id, { create: true });
}

/** The manifest of a complete checkpoint; null where it is unfinished or damaged. */
async function readManifest(folder: Directory): Promise<Manifest | null> {
  const file = await findFile(folder, MANIFEST);
  if (!file) return null;
  let manifest: unknown;
  try {
    manifest = JSON.parse(await file.text());
  } catch {
    return null;
  }
  if (!isManifest(manifest)) return null;
  for (const [name, size] of Object.entries(manifest.files)) {
    if ((await findFile(folder, name))?.size !== size) return null;
  }
  return manifest;
}

/** Marks a folder as complete. Its files must be there. */
export async function writeManifest(folder: Directory, manifest: Omit<Manifest, 'savedAt'>): Promise<void> {
  await writeBytes(folder, MANIFEST, JSON.stringify({ ...manifest, savedAt: new Date().toISOString() }));
}

/** Marks a folder as unfinished, before its files change. */
export async function removeManifest(folder: Directory): Promise<void> {
  await removeIfThere(folder, MANIFEST);
}

function toEntry(id: string, { name, source, files, sha256: hash, licence }: Manifest): ModelEntry {
  const bytes = Object.values(files).reduce((sum, size) => sum + size, 0);
  return { id, name, source, bytes, sha256: hash, ...(licence !== undefined && { licence }) };
}

async function openModels(open: OpenRoot): Promise<Directory | null> {
  return findFolder(await open(), MODELS);
}

/** The complete checkpoints, by name. Where the browser gives no storage nothing is kept: an empty list. */
export async function listStored(open: OpenRoot = browserRoot): Promise<ModelEntry[]> {
  const entries: ModelEntry[] = [];
  try {
    const models = await openModels(open);
    if (!models) return [];
    for await (const id of models.keys()) {
      const folder = await findFolder(models, id);
      const manifest = folder && (await readManifest(folder));
      if (manifest) entries.push(toEntry(id, manifest));
    }
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'SecurityError') return [];
    throw storageError(thrown, 'kept models');
  }
  return entries.sort((a, b) => a.name.localeCompare(b.name));
}

/** What is known about a kept checkpoint, null where it is not (completely) there. */
export async function findStored(id: string, open: OpenRoot = browserRoot): Promise<Manifest | null> {
  const models = await openModels(open);
  const folder = models && (await findFolder(models, id));
  return folder && readManifest(folder);
}

/**
 * Opens a kept checkpoint.
 * @throws DetectorError `storage` where it is not there or cannot be read, `checkpoint` where its files are damaged
 */
export async function openStored(id: string, open: OpenRoot = browserRoot): Promise<Checkpoint> {
  try {
    const manifest = await findStored(id, open);
    if (!manifest) {
      throw new DetectorError(
        'storage',
        id,
        'expected it among the models kept in this browser, it is not there',
        'Download it or drop its files again.',
      );
    }
    const folder = await modelFolder(open, id);
    const files = new Map<string, ArrayBuffer>();
    for (const name of Object.keys(manifest.files)) {
      files.set(name, await (await (await folder.getFileHandle(name)).getFile()).arrayBuffer());
    }
    const { name, source, sha256: hash, licence } = manifest;
    return assembleCheckpoint({ id, name, source, files, sha256: hash, licence });
  } catch (thrown) {
    throw storageError(thrown, id);
  }
}

/**
 * Deletes a kept checkpoint, an unfinished download too; nothing happens where there is none.
 * @throws DetectorError `storage`
 */
export async function removeStored(id: string, open: OpenRoot = browserRoot): Promise<void> {
  try {
    const models = await openModels(open);
    if (models) await removeIfThere(models, id);
  } catch (thrown) {
    throw storageError(thrown, id);
  }
}

/** Writes the files of a checkpoint into its folder; gives the hash of the weights. */
async function copyFiles(folder: Directory, files: ReadonlyMap<string, Blob>): Promise<string> {
  const hash = sha256.create();
  for (const [name, file] of files) {
    await writeStream(folder, name, file.stream(), name === WEIGHTS ? (bytes) => void hash.update(bytes) : undefined);
  }
  return bytesToHex(hash.digest());
}

/**
 * Keeps dropped files for the next visit, in place of what was kept under the same name. Open them first (`openFiles`):
 * here they are only copied.
 * @throws DetectorError as `pickFiles`; `storage` where there is no room or no storage: then nothing of it stays
 */
export async function keepFiles(
  name: string,
  files: readonly File[],
  licence?: string,
  open: OpenRoot = browserRoot,
): Promise<ModelEntry> {
  const id = idOfFiles(name);
  const picked = pickFiles(name, files);
  try {
    await removeStored(id, open);
    const folder = await modelFolder(open, id);
    const hash = await copyFiles(folder, picked);
    const sizes = Object.fromEntries([...picked].map(([file, { size }]) => [file, size]));
    await writeManifest(folder, { name, source: 'files', files: sizes, sha256: hash, licence });
    const manifest = await readManifest(folder);
    if (!manifest) throw new DetectorError('storage', name, 'the browser kept other files than it was given');
    return toEntry(id, manifest);
  } catch (thrown) {
    // What is half there would only take room; if even that cannot be removed, it is never listed.
    await removeStored(id, open).catch(() => undefined);
    throw storageError(thrown, name);
  }
}
