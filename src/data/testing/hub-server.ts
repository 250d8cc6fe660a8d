/** A small hub on this machine, over real HTTP: resolve addresses, ETags, ranges, refusals, connections that break. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubRequest {
  path: string;
  range: string | undefined;
  authorization: string | undefined;
}

export class HubServer {
  readonly requests: HubRequest[] = [];
  /** By path after /resolve/<revision>/. */
  readonly files = new Map<string, Uint8Array>();
  /** The connection of large files breaks after that many bytes of the answer. */
  breakAfter = Infinity;
  /** Bytes between pauses of a body, so that a client can stop in the middle. */
  chunk = 1 << 14;
  token: string | null = null;
  /** Whether /api/models answers. */
  api = false;
  /** What is said instead of the real checksum. */
  wrongHash: string | null = null;
  /** Weak ETags cannot be resumed from. */
  weak = false;
  ranges = true;
  /** Another server that has the files. */
  redirectTo: string | null = null;
  private readonly server: Server;

  constructor(readonly repo: string) {
    this.server = createServer((request, response) => void this.answer(request, response));
  }

  async start(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  hashOf(file: string): string {
    return this.wrongHash ?? createHash('sha256').update(this.files.get(file)!).digest('hex');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url!, 'http://hub').pathname;
    const { range, authorization } = request.headers;
    this.requests.push({ path, range, authorization });
    if (this.token && authorization !== `Bearer ${this.token}`) return this.refuse(response, 401, 'RepoNotFound');
    const [, api, , , , revision] =
      /^(\/api\/models)?\/(([^/]+)\/([^/]+))\/(?:resolve|revision)\/([^/]+)/.exec(path) ?? [];
    if (!path.startsWith(`${api ?? ''}/${this.repo}/`)) return this.refuse(response, 404, 'RepoNotFound');
    if (revision !== 'main') return this.refuse(response, 404, 'RevisionNotFound');
    if (api) return this.api ? this.describe(response) : this.refuse(response, 404);
    if (this.redirectTo !== null) {
      response.writeHead(302, { Location: `${this.redirectTo}${path}` }).end();
      return;
    }
    const file = path.slice(path.indexOf('/resolve/main/') + '/resolve/main/'.length);
    const bytes = this.files.get(file);
    if (!bytes) return this.refuse(response, 404, 'EntryNotFound');
    return this.send(response, file, bytes, range);
  }

  private refuse(response: ServerResponse, status: number, code?: string): void {
    response.writeHead(status, code ? { 'X-Error-Code': code } : {}).end();
  }

  private describe(response: ServerResponse): void {
    const siblings = [...this.files.keys()].map((rfilename) => ({
      rfilename,
      lfs: { sha256: this.hashOf(rfilename) },
    }));
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ cardData: { license: 'apache-2.0' }, siblings }));
  }

  private async send(
    response: ServerResponse,
    file: string,
    bytes: Uint8Array,
    range: string | undefined,
  ): Promise<void> {
    const start = this.ranges ? Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0) : 0;
    if (start > 0 && start >= bytes.length) return this.refuse(response, 416);
    const body = bytes.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, {
      ETag: `${this.weak ? 'W/' : ''}"${this.hashOf(file)}"`,
      'Content-Length': body.length,
      ...(start > 0 && { 'Content-Range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
    });
    for (let at = 0; at < body.length; at += this.chunk) {
      if (at >= this.breakAfter) return void response.destroy();
      response.write(body.subarray(at, at + this.chunk));
      await new Promise((done) => setTimeout(done, 1));
    }
    response.end();
  }
}
