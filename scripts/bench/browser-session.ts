/** The bench's page in one browser: built once, opened anew for each measurement. */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { ROOT, runTool } from '../app/build';
import { launchBrowser } from '../app/find-browser';
import { serveFolders } from '../app/static-server';
import type { AdapterChoice } from '../browser';
import type { Folders } from './models';
import type { Sections } from './page/page';
import type { Session } from './session';
import { versionsIn } from './versions';

export async function openBrowserSession(adapter: AdapterChoice, folders: Folders): Promise<Session> {
  const vite = ['build', '--config', 'scripts/bench/vite.config.ts', '--logLevel', 'warn'];
  await runTool('node_modules/vite/bin/vite.js', vite);
  const addresses = { weights: '/weights/', made: '/made/' };
  const browser = await launchBrowser(adapter);
  const server = await serveFolders({
    '/': join(ROOT, 'dist-bench'),
    '/ort/': join(ROOT, 'node_modules/onnxruntime-web/dist'),
    '/models/': join(ROOT, 'public/models'),
    '/samples/': join(ROOT, 'public/samples'),
    [addresses.weights]: folders.weights,
    [addresses.made]: folders.made,
  });
  const named = process.env['STEPDETR_BROWSER'];
  return {
    runtime: `Chromium ${browser.version()}${named ? ` (${named})` : ''}`,
    versions: versionsIn(ROOT, ['onnxruntime-web', '@tensorflow/tfjs-core']),
    addresses,
    measure: (name, given) => inPage(browser, server.url, name, given) as never,
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}

async function inPage(browser: Browser, url: string, name: keyof Sections, given: unknown): Promise<unknown> {
  const page = await browser.newPage();
  try {
    await prepare(page, url);
    return await page.evaluate(
      ([section, settings]) => (window.bench![section] as (settings: unknown) => Promise<unknown>)(settings),
      [name, given] as [keyof Sections, unknown],
    );
  } finally {
    await page.close();
  }
}

async function prepare(page: Page, url: string): Promise<void> {
  // tsx compiles functions with a helper that keeps their names; those that are sent to the page need it there.
  await page.addInitScript({ content: 'globalThis.__name = (value) => value;' });
  page.on('pageerror', (error) => console.error(`page: ${error.message}`));
  await page.exposeFunction('benchSay', (line: string) => console.error(`  ${line}`));
  await page.goto(url);
  await page.waitForFunction(() => window.bench !== undefined);
}
