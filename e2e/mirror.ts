/** A mirror of the hub on this machine with one repository in it, as a browser on another origin may ask it. */
import { createReadStream, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface Mirror {
  url: string;
  /** What came: path and Authorization header. */
  requests: { path: string; authorization: string | undefined }[];
  close(): Promise<void>;
}

const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': 'authorization, range',
  'Access-Control-Expose-Headers': 'X-Error-Code, ETag, Content-Length',
};

/** @param token without which nobody gets a file */
export async function serveMirror(repo: string, folder: string, token: string): Promise<Mirror> {
  const requests: Mirror['requests'] = [];
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.method === 'OPTIONS') return void response.writeHead(204, CORS).end();
    const path = new URL(request.url!, 'http://mirror').pathname;
    const { authorization } = request.headers;
    requests.push({ path, authorization });
    if (authorization !== `Bearer ${token}`)
      return void response.writeHead(401, { ...CORS, 'X-Error-Code': 'RepoNotFound' }).end();
    const prefix = `/${repo}/resolve/main/`;
    const file = path.startsWith(prefix) ? join(folder, path.slice(prefix.length)) : '';
    const size = file === '' ? undefined : statSync(file, { throwIfNoEntry: false })?.size;
    if (size === undefined) return void response.writeHead(404, { ...CORS, 'X-Error-Code': 'EntryNotFound' }).end();
    response.writeHead(200, { ...CORS, 'Content-Length': size, ETag: `"${size}"` });
    createReadStream(file).pipe(response);
  };
  const server = createServer(answer);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
