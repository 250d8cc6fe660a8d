/**
 * The built app in a headless Chromium, for the programs that drive it. Pictures and checkpoints reach the page as files
 * of its own inputs, by path: nothing passes through this process.
 */
import type { Page } from 'playwright';
import { valueOf } from './answers';
import type {} from '../../src/app/automation';
import type { ModelInfo } from '../../src/lib/types';
import type { DeviceInfo } from '../../src/workers/protocol';
import type { AdapterChoice } from '../browser';
import { DIST, ensureBuilt } from './build';
import { launchProfile } from './find-browser';
import { serveFolders } from './static-server';

const STARTUP_MS = 60_000;

export interface AppPage {
  page: Page;
  device: DeviceInfo;
  /** The model the app starts with. */
  model: ModelInfo;
  /** Makes an input of the page that holds these files; their contents are read by the page when it wants them. */
  giveFiles(input: string, paths: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** @throws Error in words for a person when there is no browser or the app does not start */
export async function openApp(adapter: AdapterChoice): Promise<AppPage> {
  await ensureBuilt();
  const browser = await launchProfile(adapter);
  const server = await serveFolders({ '/': DIST });
  const close = async (): Promise<void> => {
    await browser.close();
    await server.close();
  };
  try {
    const page = await browser.newPage();
    // tsx compiles functions with a helper that keeps their names; those that are sent to the page need it there.
    await page.addInitScript({ content: 'globalThis.__name = (value) => value;' });
    page.on('pageerror', (error) => console.error(`page: ${error.message}`));
    await page.goto(server.url);
    await page.waitForFunction(() => window.stepdetr !== undefined, undefined, { timeout: STARTUP_MS });
    const { device, model } = valueOf(await page.evaluate(() => window.stepdetr!.ready()));
    return { page, device, model, giveFiles: (input, paths) => giveFiles(page, input, paths), close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

async function giveFiles(page: Page, id: string, paths: readonly string[]): Promise<void> {
  await page.evaluate((name) => {
    document.getElementById(name)?.remove();
    const input = document.createElement('input');
    Object.assign(input, { type: 'file', multiple: true, hidden: true, id: name });
    document.body.append(input);
  }, id);
  await page.locator(`#${id}`).setInputFiles([...paths]);
}
