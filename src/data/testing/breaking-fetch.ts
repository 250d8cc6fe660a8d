/** A hub in the page: answers from memory, with ETags and ranges, and breaks off or falls silent after some bytes. */
import type { Fetch } from '../fetching';

const CHUNK = 1 << 14;

export function breakingFetch(
  files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>,
  breakAfter: number,
  /** Called when nothing more comes; without it the connection breaks. */
  onStall?: () => void,
): { fetchFile: Fetch; /** The Range headers of requests for the weights. */ ranges: (string | null)[] } {
  const ranges: (string | null)[] = [];
  const fetchFile: Fetch = async (url, init) => {
    const file = /\/resolve\/main\/(.+)$/.exec(url)?.[1] ?? '';
    const bytes = files[file];
    if (!bytes) return new Response(null, { status: 404 });
    const range = new Headers(init?.headers).get('range');
    if (file === 'model.safetensors') ranges.push(range);
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    let at = start;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (at - start >= breakAfter && onStall) {
          onStall();
          return new Promise<void>(() => undefined);
        }
        if (at - start >= breakAfter) return controller.error(new TypeError('network error'));
        if (at >= bytes.length) return controller.close();
        controller.enqueue(bytes.slice(at, at + CHUNK));
        at += CHUNK;
      },
    });
    const headers = {
      etag: '"one"',
      'content-length': String(bytes.length - start),
      'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
    };
    return new Response(body, { status: start > 0 ? 206 : 200, headers });
  };
  return { fetchFile, ranges };
}
