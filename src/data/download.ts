/**
 * One large file from the hub: streamed into memory and, at the same time, into <file>.part in the private file system,
 * so that an interrupted download goes on where it stopped. <file>.part.json holds the ETag of what is there.
 *
 * Resuming asks for a Range and compares the answer's ETag itself. If-Range would do the same on the server, but it is no
 * CORS-safelisted header: the hub's storage servers refuse its preflight (they allow Content-Range, Content-Type,
 * Content-Disposition and ETag).
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { DetectorError, type AppError } from '../lib/errors';
import {
  findFile,
  openAppender,
  removeIfThere,
  storageError,
  writeBytes,
  type Appender,
  type Directory,
} from './directory';
import { ByteCollector, contentLength, networkError, readBody, type Fetch, type OnBytes } from './fetching';
import { isObject } from './json';

export interface DownloadJob {
  readonly url: string;
  readonly file: string;
  /** For errors. */
  readonly subject: string;
  readonly fetchFile: Fetch;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Where the part is kept; null where the browser gives no storage. */
  readonly folder: Directory | null;
  readonly onBytes: OnBytes;
  /** Hex, where it is known before. */
  readonly sha256?: string | undefined;
  /** The error for an answer other than 200 and 206. */
  refuse(response: Response): DetectorError;
}

export interface Downloaded {
  readonly bytes: ArrayBuffer;
  /** Hex. */
  readonly sha256: string;
  /** Why <file>.part is not complete although the download is. */
  readonly notKept?: AppError;
}

export const partName = (file: string): string => `${file}.part`;
const noteName = (file: string): string => `${file}.part.json`;

interface Part {
  readonly bytes: Blob;
  readonly etag: string;
}

/** The part of an earlier download of the same address; null where there is none that can be resumed. */
async function findPart({ folder, file, url }: DownloadJob): Promise<Part | null> {
  if (!folder) return null;
  try {
    const bytes = await findFile(folder, partName(file));
    const note: unknown = JSON.parse((await (await findFile(folder, noteName(file)))?.text()) ?? 'null');
    const fits = bytes && bytes.size > 0 && isObject(note) && note.url === url && typeof note.etag === 'string';
    return fits ? { bytes, etag: note.etag as string } : null;
  } catch {
    // A part that cannot be read is no part: the download begins anew.
    return null;
  }
}

/** Removes the part and what was noted about it. */
export async function dropPart(folder: Directory | null, file: string): Promise<void> {
  if (!folder) return;
  await removeIfThere(folder, noteName(file)).catch(() => undefined);
  await removeIfThere(folder, partName(file)).catch(() => undefined);
}

/** The part on disk. It is a copy: where the disk fails, the download goes on without it. */
class PartWriter {
  failure: AppError | undefined;
  private appender: Appender | null = null;

  constructor(private readonly job: DownloadJob) {}

  async begin(start: number, etag: string | null): Promise<void> {
    await this.guard(async (folder) => {
      const { file, url } = this.job;
      if (start === 0) await dropPart(folder, file);
      this.appender = await openAppender(folder, partName(file), start);
      // Without a strong ETag nobody can tell whether the rest still belongs to it.
      if (start === 0 && etag) await writeBytes(folder, noteName(file), JSON.stringify({ url, etag }));
    });
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.appender) await this.guard(() => this.appender!.write(bytes));
  }

  async close(): Promise<void> {
    const { appender } = this;
    this.appender = null;
    if (appender) await this.guard(() => appender.close());
  }

  private async guard(work: (folder: Directory) => Promise<void>): Promise<void> {
    const { folder, file, subject } = this.job;
    if (!folder || this.failure) return;
    try {
      await work(folder);
    } catch (thrown) {
      this.failure = storageError(thrown, subject).detail;
      await this.appender?.close().catch(() => undefined);
      this.appender = null;
      await dropPart(folder, file);
    }
  }
}

/** The validator of an answer; weak ones (W/…) say nothing about single bytes. */
function strongEtag(response: Response): string | null {
  const etag = response.headers.get('etag');
  return etag && !etag.startsWith('W/') ? etag : null;
}

/** Whether a 206 goes on exactly where the part ends. */
function goesOn(response: Response, part: Part): boolean {
  const range = response.headers.get('content-range') ?? '';
  return response.status === 206 && strongEtag(response) === part.etag && range.startsWith(`bytes ${part.bytes.size}-`);
}

/** Asks for the rest of a part, or for all where there is none or it is outdated. */
async function request(job: DownloadJob, part: Part | null): Promise<{ response: Response; part: Part | null }> {
  const { url, headers, signal, fetchFile } = job;
  // The browser's own cache would keep a second copy.
  const ask = (more: Record<string, string>): Promise<Response> =>
    fetchFile(url, { headers: { ...headers, ...more }, signal, cache: 'no-store' });
  if (part) {
    const response = await ask({ Range: `bytes=${part.bytes.size}-` });
    if (goesOn(response, part)) return { response, part };
    if (response.status === 200) return { response, part: null };
    await response.body?.cancel();
    if (response.status !== 206 && response.status !== 416) throw job.refuse(response);
  }
  const response = await ask({});
  if (response.status === 200) return { response, part: null };
  await response.body?.cancel();
  throw job.refuse(response);
}

/** Size of the whole file; 0 where the answer does not say. */
function totalOf(response: Response): number {
  if (response.status !== 206) return contentLength(response);
  return Number(/\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1] ?? 0);
}

/**
 * The sha256 that the server promises. Files in git LFS have theirs as X-Linked-Etag, and as ETag where the hub itself
 * answers; after a redirect the ETag is the storage server's own and may be any hash.
 */
function promisedHash(response: Response): string | undefined {
  const etags = [response.headers.get('x-linked-etag'), response.redirected ? null : response.headers.get('etag')];
  return etags.map((etag) => etag?.replaceAll('"', '')).find((etag) => etag && /^[0-9a-f]{64}$/.test(etag));
}

/**
 * Downloads `file`, resuming where an earlier attempt stopped. An interruption or a cancellation keeps the part.
 * @throws DetectorError `network` (refused, broken off, wrong checksum: then the part is removed), `cancelled`
 */
export async function download(job: DownloadJob): Promise<Downloaded> {
  const { subject, signal, file, folder, onBytes } = job;
  const writer = new PartWriter(job);
  const hash = sha256.create();
  try {
    const { response, part } = await request(job, await findPart(job));
    const total = totalOf(response);
    const collected = new ByteCollector(total);
    const take = (bytes: Uint8Array): void => {
      hash.update(bytes);
      collected.add(bytes);
      onBytes(collected.length, total);
    };
    if (part) take(new Uint8Array(await part.bytes.arrayBuffer()));
    await writer.begin(collected.length, strongEtag(response));
    await readBody(response, async (bytes) => {
      if (signal.aborted) throw new DetectorError('cancelled', subject, 'was cancelled');
      take(bytes);
      await writer.write(bytes);
    });
    await writer.close();
    if (total > 0 && collected.length !== total) throw new Error(`${collected.length} of ${total} bytes came`);
    const got = bytesToHex(hash.digest());
    const promised = job.sha256 ?? promisedHash(response);
    if (promised !== undefined && promised !== got) {
      await dropPart(folder, file);
      throw new DetectorError(
        'network',
        subject,
        `expected sha256 ${promised}, got ${got}: the download is damaged`,
        'It was thrown away; load it again.',
      );
    }
    return { bytes: collected.take(), sha256: got, ...(writer.failure && { notKept: writer.failure }) };
  } catch (thrown) {
    await writer.close();
    throw networkError(thrown, subject, signal);
  }
}
