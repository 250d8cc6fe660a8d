/** What was measured on an adapter, kept in the browser's private file system: tuning/<sha256 of its key>.json. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { browserRoot, findFile, writeBytes, type OpenRoot } from './directory';

const FOLDER = 'tuning';

const fileOf = (key: string): string => `${bytesToHex(sha256(utf8ToBytes(key)))}.json`;

/** Both reject with a DetectorError `storage` where the browser keeps nothing. */
export interface TextStore {
  read(key: string): Promise<string | null>;
  write(key: string, text: string): Promise<void>;
}

export function tuningStore(open: OpenRoot = browserRoot): TextStore {
  const folder = async () => (await open()).getDirectoryHandle(FOLDER, { create: true });
  return {
    read: async (key) => (await (await findFile(await folder(), fileOf(key)))?.text()) ?? null,
    write: async (key, text) => writeBytes(await folder(), fileOf(key), text),
  };
}
