/** fetch for addresses that are files here: the app's own (public/, or a build), and in tests those of Vite's /@fs/. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';

/** Where the worker believes itself to be; nothing is ever sent there. */
export const ORIGIN = 'http://stepdetr.local';

const TYPES: Record<string, string> = { '.json': 'application/json', '.jpg': 'image/jpeg', '.png': 'image/png' };
const ON_DISK = '/@fs';

function answer(path: string): Response {
  if (!existsSync(path) || !statSync(path).isFile()) return new Response(null, { status: 404 });
  const bytes = readFileSync(path);
  const type = TYPES[extname(path)] ?? 'application/octet-stream';
  return new Response(bytes, { headers: { 'content-type': type, 'content-length': String(bytes.length) } });
}

/**
 * A fetch that answers for ORIGIN with files; every other address goes to the network.
 * @param folder what is at the origin's root: models/ and samples/
 */
export function fetchWithFiles(folder: string, network: typeof fetch): typeof fetch {
  return async (input, init) => {
    const address = input instanceof Request ? input.url : String(input);
    const url = new URL(address, ORIGIN);
    if (url.origin !== ORIGIN) return network(input, init);
    init?.signal?.throwIfAborted();
    const path = decodeURIComponent(url.pathname);
    return answer(path.startsWith(`${ON_DISK}/`) ? path.slice(ON_DISK.length) : join(folder, path));
  };
}
