import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serveFolders, type StaticServer } from './static-server';

let folder: string;
let server: StaticServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stepdetr-server-'));
  mkdirSync(join(folder, 'public/models'), { recursive: true });
  writeFileSync(join(folder, 'public/index.html'), '<p>hello</p>');
  writeFileSync(join(folder, 'public/models/a b.json'), '{}');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  server = await serveFolders({ '/sub/': join(folder, 'public') });
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** fetch would tidy `..` away before it is sent. */
function statusOf(path: string): Promise<number | undefined> {
  const { hostname, port } = new URL(server.url);
  return new Promise((answered) =>
    get({ hostname, port, path }, (response) => {
      response.resume();
      answered(response.statusCode);
    }),
  );
}

test('serves index.html for the folder itself, isolated from other origins', async () => {
  const response = await fetch(server.url);
  expect(await response.text()).toBe('<p>hello</p>');
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(response.headers.get('cross-origin-opener-policy')).toBe('same-origin');
  expect(response.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
});

test('finds names with spaces', async () => {
  expect((await fetch(new URL('models/a b.json', server.url))).headers.get('content-type')).toBe('application/json');
});

test.each([
  '/sub/none.txt',
  '/other/index.html',
  '/sub/../secret.txt',
  '/sub/..%2fsecret.txt',
  '/sub/%',
  '/sub/models',
])('answers 404 to %s', async (path) => {
  expect(await statusOf(path)).toBe(404);
});
