import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { fetchWithFiles, ORIGIN } from './files';

const folder = mkdtempSync(join(tmpdir(), 'stepdetr-test-'));
writeFileSync(join(folder, 'config.json'), '{"a":1}');
afterAll(() => rmSync(folder, { recursive: true }));

const asked: string[] = [];
const network: typeof fetch = async (input) => {
  asked.push(String(input));
  return new Response('network');
};
const get = fetchWithFiles(folder, network);

it('answers for the app’s own address and for /@fs/ from disk, with lengths', async () => {
  for (const address of [`${ORIGIN}/config.json`, '/config.json', `/@fs${folder}/config.json`]) {
    const response = await get(address);
    expect(response.headers.get('content-length')).toBe('7');
    expect(await response.json()).toEqual({ a: 1 });
  }
  expect(asked).toEqual([]);
});

it('says 404 of what is not there or a folder', async () => {
  expect((await get('/nothing.json')).status).toBe(404);
  expect((await get('/')).status).toBe(404);
});

it('leaves other addresses to the network', async () => {
  expect(await (await get('https://example.org/config.json')).text()).toBe('network');
  expect(asked).toEqual(['https://example.org/config.json']);
});
