/** What every end-to-end test has: the built app under a sub-path, and a record of each request that must stay there. */
import { expect, test as base, type Page } from '@playwright/test';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type {} from '../src/app/automation';
import { DIST, ROOT } from '../scripts/app/build';
import { serveFolders, type StaticServer } from '../scripts/app/static-server';

export const SAMPLES = join(ROOT, 'public/samples');
export const SHARED = resolve(ROOT, '../shared');
export const WHY_SKIPPED = 'the folder ../shared is not beside the project';
export const sharedIsHere = existsSync(join(SHARED, 'weights'));

interface Fixtures {
  /** Where requests may go: every test fails when one went elsewhere. The app's own server is among them. */
  origins: Set<string>;
}

interface WorkerFixtures {
  server: StaticServer;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  server: [
    async ({ browserName: _browserName }, use) => {
      const server = await serveFolders({ '/some/where/': DIST });
      await use(server);
      await server.close();
    },
    { scope: 'worker' },
  ],
  origins: [
    async ({ context, server }, use) => {
      const requests: string[] = [];
      context.on('request', (request) => requests.push(request.url()));
      const origins = new Set([new URL(server.url).origin]);
      await use(origins);
      const local = (url: string): boolean => /^(blob|data):/.test(url) || origins.has(new URL(url).origin);
      expect(
        requests.filter((url) => !local(url)),
        'requests that left the origin',
      ).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Opens the app and waits for its device and model. */
export async function openReady(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await waitUntilReady(page);
}

export async function waitUntilReady(page: Page): Promise<void> {
  await page.waitForFunction(() => window.stepdetr !== undefined);
  const ready = await page.evaluate(() => window.stepdetr!.ready());
  expect(ready.ok ? 'ready' : ready.error).toBe('ready');
}

/** Drops files and folders of this machine on the page as the operating system would. */
export async function drop(page: Page, paths: readonly string[]): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await devtools.send('Input.dispatchDragEvent', { type, x: 400, y: 300, data });
  }
  await devtools.detach();
}

/** The thumbnails of the strip, by what their names say: "cat.jpg, live, 1 box". */
export const thumbnail = (page: Page, name: RegExp) =>
  page.getByRole('list', { name: 'Images on this page' }).getByRole('button', { name });

export const detections = (page: Page) =>
  page.getByRole('grid', { name: 'Detections, best first' }).locator('tbody').getByRole('row');

/** Two frames: colours of another scheme and sizes of another window are on the page then, transitions included. */
export function framesDrawn(page: Page): Promise<void> {
  return page.evaluate(
    () => new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))),
  );
}
