/** Files over HTTP: bodies read chunk by chunk with progress, and failures as sentences. */
import { DetectorError } from '../lib/errors';

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;
/** Total 0 where it is not known. */
export type OnBytes = (done: number, total: number) => void;

/** Bytes that arrive in pieces, in one buffer. The expected size is only a guess: it grows. */
export class ByteCollector {
  private buffer: Uint8Array<ArrayBuffer>;
  private used = 0;

  constructor(expected: number) {
    this.buffer = new Uint8Array(expected);
  }

  get length(): number {
    return this.used;
  }

  add(bytes: Uint8Array): void {
    if (this.used + bytes.length > this.buffer.length) {
      const grown = new Uint8Array(Math.max(this.used + bytes.length, this.buffer.length * 2, 1 << 16));
      grown.set(this.buffer.subarray(0, this.used));
      this.buffer = grown;
    }
    this.buffer.set(bytes, this.used);
    this.used += bytes.length;
  }

  /** All bytes; without a copy where the guess was right. */
  take(): ArrayBuffer {
    return this.used === this.buffer.length ? this.buffer.buffer : this.buffer.buffer.slice(0, this.used);
  }
}

/** Bytes of the body to come; 0 where the server does not say, or says it of a compressed body. */
export function contentLength(response: Response): number {
  if (response.headers.has('content-encoding')) return 0;
  const length = Number(response.headers.get('content-length') ?? 0);
  return Number.isSafeInteger(length) && length > 0 ? length : 0;
}

/** A request or a body that broke off: `cancelled` where it was meant to, else `network`. */
export function networkError(thrown: unknown, subject: string, signal: AbortSignal): DetectorError {
  if (thrown instanceof DetectorError) return thrown;
  if (signal.aborted) return new DetectorError('cancelled', subject, 'was cancelled');
  const offline = typeof navigator !== 'undefined' && navigator.onLine === false;
  const hint = offline
    ? 'This computer is offline. Models that are built in or kept in the browser still work.'
    : 'Check the connection and whether something blocks the address, then try again.';
  return new DetectorError(
    'network',
    subject,
    `the connection failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    hint,
  );
}

/** Reads a body to its end; `onChunk` sees every piece and may wait. */
export async function readBody(
  response: Response,
  onChunk: (bytes: Uint8Array<ArrayBuffer>) => Promise<void> | void,
): Promise<void> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) await onChunk(next.value);
  } catch (thrown) {
    await reader.cancel().catch(() => undefined);
    throw thrown;
  }
}

export interface FetchOptions {
  /** For errors. */
  readonly subject: string;
  readonly fetchFile: Fetch;
  readonly signal: AbortSignal;
  readonly onBytes: OnBytes;
}

/**
 * A file of the app's own server.
 * @throws DetectorError `network` or `cancelled`
 */
export async function fetchBytes(
  url: string,
  { subject, fetchFile, signal, onBytes }: FetchOptions,
): Promise<ArrayBuffer> {
  try {
    const response = await fetchFile(url, { signal });
    // Servers of single-page apps answer with the page where there is no such file.
    const isPage = response.headers.get('content-type')?.includes('text/html') ?? false;
    if (!response.ok || isPage) {
      const got = isPage ? 'a web page' : `HTTP ${response.status}`;
      throw new DetectorError(
        'network',
        subject,
        `expected a file at ${url}, got ${got}`,
        'Reload the page; if this stays, the app is installed incompletely.',
      );
    }
    const total = contentLength(response);
    const collected = new ByteCollector(total);
    await readBody(response, (bytes) => {
      collected.add(bytes);
      onBytes(collected.length, total);
    });
    return collected.take();
  } catch (thrown) {
    throw networkError(thrown, subject, signal);
  }
}
