/** A small file server on 127.0.0.1 for the built app and for the bench's files: what any static host does, nothing more. */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, resolve, sep } from 'node:path';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
};

/** Cross-origin isolation, as vite.config.ts has it: finer timers, and threads for onnxruntime-web in the bench. */
const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cache-Control': 'no-cache',
};

export interface StaticServer {
  /** Address of the first folder, ending in a slash. */
  url: string;
  close(): Promise<void>;
}

/** The file a request names, or undefined when it is not there or outside of the folder. */
function fileFor(mounts: ReadonlyMap<string, string>, pathname: string): string | undefined {
  for (const [prefix, folder] of mounts) {
    if (!pathname.startsWith(prefix)) continue;
    const path = resolve(folder, pathname.slice(prefix.length) || 'index.html');
    const inside = path.startsWith(resolve(folder) + sep);
    if (inside && statSync(path, { throwIfNoEntry: false })?.isFile()) return path;
  }
  return undefined;
}

/** `decodeURIComponent` throws on a lone percent sign; such a path names nothing. */
function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return '';
  }
}

/**
 * Serves folders under prefixes that begin and end with a slash; the first one that has the file answers.
 * @param mounts for instance { '/': 'dist' } or { '/sub/path/': 'dist' }
 */
export async function serveFolders(mounts: Record<string, string>): Promise<StaticServer> {
  const byPrefix = new Map(Object.entries(mounts));
  const server = createServer((request, response) => {
    const path = fileFor(byPrefix, decoded(new URL(request.url ?? '/', 'http://localhost').pathname));
    if (path === undefined) {
      response.writeHead(404, HEADERS).end();
      return;
    }
    response.writeHead(200, { ...HEADERS, 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream' });
    if (request.method === 'HEAD') response.end();
    else createReadStream(path).pipe(response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${Object.keys(mounts)[0] ?? '/'}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
