/**
 * Everything that can be dropped, pasted or picked, as a stream of image files, possible label files, refusals and checkpoint
 * folders. One bad thing never ends the stream. Only the first bytes of a file are read here; decode.ts does the rest.
 */
import { DetectorError, toAppError, type AppError } from '../../lib/errors';
import { refusal, sniffBlob } from './sniff';
import { isSessionArchive } from '../session/manifest';
import { openZip } from './zip';

export type Collected =
  | { file: File; path: string }
  | { refused: AppError }
  /** May hold labels by its name; src/data/annotations/read-dropped.ts finds out, when all of them are here. */
  | { text: File; path: string }
  /** A whole session in one archive, not opened; src/data/session/read-session.ts reads it. */
  | { session: File; path: string }
  /** A folder with config.json and at least one *.safetensors: its JSON and safetensors files. */
  | { checkpoint: { name: string; files: File[] } };

interface Entry {
  path: string;
  open(): Promise<File>;
}

/** The files directly in one folder: what a checkpoint is recognised by. */
interface Group {
  /** '' for files that were dropped on their own. */
  folder: string;
  entries: Entry[];
}

const byName = new Intl.Collator('en', { numeric: true }).compare;
const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const folderName = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0));

/** What operating systems leave behind in folders and archives: __MACOSX, .DS_Store, Thumbs.db. */
function isJunk(path: string): boolean {
  return path.split('/').some((part) => /^\.[^.]|^__MACOSX$|^Thumbs\.db$|^desktop\.ini$|^@eaDir$/i.test(part));
}

function groupByFolder(entries: Entry[]): Group[] {
  const sorted = entries.filter(({ path }) => !isJunk(path)).sort((a, b) => byName(a.path, b.path));
  const groups = new Map<string, Entry[]>();
  for (const entry of sorted) {
    const folder = folderName(entry.path);
    const members = groups.get(folder);
    if (members) members.push(entry);
    else groups.set(folder, [entry]);
  }
  return [...groups].map(([folder, members]) => ({ folder, entries: members }));
}

const isCheckpointFile = ({ path }: Entry): boolean => /\.(json|safetensors)$/i.test(path);

/** The checkpoint in a group, if there is one, and what does not belong to it. */
function splitCheckpoint(entries: Entry[]): { checkpoint: Entry[]; rest: Entry[] } {
  const isCheckpoint =
    entries.some(({ path }) => baseName(path) === 'config.json') &&
    entries.some(({ path }) => /\.safetensors$/i.test(path));
  if (!isCheckpoint) return { checkpoint: [], rest: entries };
  return { checkpoint: entries.filter(isCheckpointFile), rest: entries.filter((entry) => !isCheckpointFile(entry)) };
}

function checkpointName(folder: string, entries: Entry[]): string {
  const weights = entries.find(({ path }) => /\.safetensors$/i.test(path))!;
  return (baseName(folder) || baseName(weights.path)).replace(/\.(zip|safetensors)$/i, '');
}

async function* collectGroup({ folder, entries }: Group, inZip: boolean): AsyncGenerator<Collected> {
  const { checkpoint, rest } = splitCheckpoint(entries);
  if (checkpoint.length > 0) {
    try {
      const files = [];
      for (const entry of checkpoint) files.push(await entry.open());
      yield { checkpoint: { name: checkpointName(folder, checkpoint), files } };
    } catch (thrown) {
      yield { refused: toAppError(thrown, folder) };
    }
  }
  // A checkpoint's README and licence are part of it, not images that failed.
  const refuse = checkpoint.length === 0;
  for (const entry of rest) yield* collectEntry(entry, inZip, refuse);
}

const isTextPath = (path: string): boolean =>
  /\.(xml|json|txt|ya?ml|md)$|(^|\/)(readme|licen[cs]e|notice)$/i.test(path);

async function* collectEntry(entry: Entry, inZip: boolean, refuse: boolean): AsyncGenerator<Collected> {
  const { path } = entry;
  try {
    const file = await entry.open();
    const kind = await sniffBlob(file);
    if (kind.role === 'image') yield { file, path };
    else if (kind.role === 'zip' && !inZip) yield* collectZip(file, path);
    else if (refuse && kind.role === 'other' && isTextPath(path)) yield { text: file, path };
    else if (refuse) yield { refused: refusal(path, kind).detail };
  } catch (thrown) {
    yield { refused: unreadable(thrown, path) };
  }
}

/** Files can vanish or be locked between the drop and the reading. */
function unreadable(thrown: unknown, path: string): AppError {
  if (!(thrown instanceof DOMException)) return toAppError(thrown, path);
  const message = `expected a readable file, got one that the browser cannot open (${thrown.name})`;
  return new DetectorError('image', path, message, 'It was moved, deleted or is open elsewhere. Drop it again.').detail;
}

async function* collectZip(file: File, path: string): AsyncGenerator<Collected> {
  const listed = await openZip(file, path);
  if (isSessionArchive(new Set(listed.map((entry) => entry.path)))) {
    yield { session: file, path };
    return;
  }
  const entries = listed.filter((entry) => !isJunk(entry.path));
  const inside = entries.map((entry) => ({ path: `${path}/${entry.path}`, open: () => entry.open() }));
  for (const group of groupByFolder(inside)) yield* collectGroup(group, true);
}

function fileEntry(file: File): Entry {
  return { path: file.webkitRelativePath || file.name, open: () => Promise.resolve(file) };
}

function openedFile(entry: FileSystemFileEntry): Entry {
  const path = entry.fullPath.replace(/^\//, '');
  return { path, open: () => new Promise((done, fail) => entry.file(done, fail)) };
}

/** A directory hands its children out in batches of about a hundred, an empty one at the end. */
async function childrenOf(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const children: FileSystemEntry[] = [];
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (batch.length === 0) return children.sort((a, b) => byName(a.name, b.name));
    children.push(...batch);
  }
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isDirectory = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

async function* collectDirectory(directory: FileSystemDirectoryEntry): AsyncGenerator<Collected> {
  const path = directory.fullPath.replace(/^\//, '');
  if (isJunk(path)) return;
  try {
    const children = await childrenOf(directory);
    for (const group of groupByFolder(children.filter(isFile).map(openedFile))) yield* collectGroup(group, false);
    for (const child of children.filter(isDirectory)) yield* collectDirectory(child);
  } catch (thrown) {
    yield { refused: unreadable(thrown, path) };
  }
}

async function* collectAll(loose: Entry[], directories: FileSystemDirectoryEntry[]): AsyncGenerator<Collected> {
  for (const group of groupByFolder(loose)) yield* collectGroup(group, false);
  for (const directory of directories) yield* collectDirectory(directory);
}

/** A paste has files without file system entries. */
function entriesOf(transfer: DataTransfer): (File | FileSystemEntry)[] {
  return [...transfer.items].flatMap((item) => {
    const entry = item.kind === 'file' ? (item.webkitGetAsEntry() ?? item.getAsFile()) : null;
    return entry ? [entry] : [];
  });
}

/**
 * Images and possible label files in what was dropped (`event.dataTransfer`), pasted (`event.clipboardData`) or picked (`input.files`): files,
 * folders with all they contain, zip archives, checkpoint folders. In order of names; files and archives are opened only
 * when the stream gets to them, so a consumer that stops early reads no more.
 *
 * Call it in the event handler itself: a DataTransfer is empty after the handler returns. It is read before this returns.
 */
export function collectImages(source: DataTransfer | Iterable<File | FileSystemEntry>): AsyncGenerator<Collected> {
  const items = 'items' in source ? entriesOf(source) : [...source];
  const files = items.filter((item): item is File => item instanceof File);
  const entries = items.filter((item): item is FileSystemEntry => !(item instanceof File));
  const loose = [...files.map(fileEntry), ...entries.filter(isFile).map(openedFile)];
  return collectAll(loose, entries.filter(isDirectory));
}
