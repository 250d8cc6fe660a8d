/** Files of a zip archive, inflated one at a time when somebody asks for them. */
import type * as ZipLibrary from '@zip.js/zip.js';
import { DetectorError } from '../../lib/errors';

export interface ZipLimits {
  entries: number;
  /** Inflated bytes of one file, and of all files together. */
  fileBytes: number;
  totalBytes: number;
}

/** Far above any folder of photos or checkpoint, far below what a zip bomb inflates to. */
export const ZIP_LIMITS: ZipLimits = { entries: 20_000, fileBytes: 2 ** 30, totalBytes: 2 ** 33 };

export interface ZippedFile {
  /** Path inside the archive. */
  path: string;
  /** @throws DetectorError `image` when the entry is encrypted, damaged or too large */
  open(): Promise<File>;
}

/** The library is loaded with the first archive. */
const library = (): Promise<typeof ZipLibrary> => import('@zip.js/zip.js/lib/zip-core-native.js');

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

/** Collects what is inflated and stops where it is more than the archive's directory said. */
function sink(most: number, tooMuch: () => DetectorError): { writable: WritableStream<Uint8Array>; parts: BlobPart[] } {
  const parts: BlobPart[] = [];
  let bytes = 0;
  const writable = new WritableStream<Uint8Array>({
    write(part) {
      bytes += part.byteLength;
      if (bytes > most) throw tooMuch();
      parts.push(part as Uint8Array<ArrayBuffer>);
    },
  });
  return { writable, parts };
}

async function inflate(entry: ZipLibrary.FileEntry, subject: string): Promise<File> {
  const { writable, parts } = sink(
    entry.uncompressedSize,
    () => new DetectorError('image', subject, `is larger than the ${entry.uncompressedSize} bytes its archive says`),
  );
  try {
    await entry.getData(writable, { useWebWorkers: false, checkSignature: true });
  } catch (thrown) {
    if (thrown instanceof DetectorError) throw thrown;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new DetectorError('image', subject, `is damaged inside its archive (${reason})`, 'Make the archive again.');
  }
  return new File(parts, subject.split('/').at(-1)!, { lastModified: entry.lastModDate.getTime() });
}

function fileOf(entry: ZipLibrary.FileEntry, archive: string, limits: ZipLimits, budget: { left: number }): ZippedFile {
  const subject = `${archive}/${entry.filename}`;
  const open = async (): Promise<File> => {
    if (entry.encrypted) {
      throw new DetectorError('image', subject, 'is encrypted', 'Unpack the archive with its password first.');
    }
    const most = Math.min(limits.fileBytes, budget.left);
    if (entry.uncompressedSize > most) {
      const got = `${mebibytes(entry.uncompressedSize)} in an archive with ${mebibytes(budget.left)} to go`;
      throw new DetectorError(
        'image',
        subject,
        `expected at most ${mebibytes(most)}, got ${got}`,
        'Unpack the archive first.',
      );
    }
    budget.left -= entry.uncompressedSize;
    return inflate(entry, subject);
  };
  return { path: entry.filename, open };
}

/**
 * Reads the archive's directory; nothing is inflated yet.
 * @throws DetectorError `image` when the archive is damaged or lists too many files
 */
export async function openZip(archive: Blob, name: string, limits: ZipLimits = ZIP_LIMITS): Promise<ZippedFile[]> {
  const { ZipReader, BlobReader } = await library();
  const entries: ZipLibrary.Entry[] = [];
  try {
    for await (const entry of new ZipReader(new BlobReader(archive), { useWebWorkers: false }).getEntriesGenerator()) {
      if (entries.push(entry) > limits.entries) break;
    }
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new DetectorError(
      'image',
      name,
      `expected a whole zip archive, got a damaged one (${reason})`,
      'Make it again.',
    );
  }
  if (entries.length > limits.entries) {
    throw new DetectorError(
      'image',
      name,
      `expected at most ${limits.entries} files in an archive, got more`,
      'Unpack it first.',
    );
  }
  const budget = { left: limits.totalBytes };
  return entries.flatMap((entry) => (entry.directory ? [] : [fileOf(entry, name, limits, budget)]));
}
