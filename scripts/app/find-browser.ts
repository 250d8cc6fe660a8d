/** The Chromium that tests and programs drive: whether there is one, and its start. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type LaunchOptions } from 'playwright';
import { browserExecutable, webgpuFlags, type AdapterChoice } from '../browser';

export const WHY_NO_BROWSER =
  'no Chromium was found. Install one (Debian: apt-get install chromium), name one in STEPDETR_BROWSER, or run: npx playwright install chromium';

/** The system's browser, the one in STEPDETR_BROWSER, or Playwright's own. */
export function browserIsHere(): boolean {
  return browserExecutable() !== undefined || existsSync(chromium.executablePath());
}

function launchOptions(adapter: AdapterChoice): LaunchOptions {
  if (!browserIsHere()) throw new Error(WHY_NO_BROWSER);
  const executablePath = browserExecutable();
  return { args: webgpuFlags(adapter), ...(executablePath ? { executablePath } : {}) };
}

/** Its pages are private windows: storage is in memory. @throws Error in words for a person when there is no browser */
export async function launchBrowser(adapter: AdapterChoice): Promise<Browser> {
  return chromium.launch(launchOptions(adapter));
}

/** With a profile on the disk, which goes when the program ends: storage as a visitor has it, for work that takes long. @throws Error in words for a person when there is no browser */
export async function launchProfile(adapter: AdapterChoice): Promise<BrowserContext> {
  const options = launchOptions(adapter);
  const folder = mkdtempSync(join(tmpdir(), 'stepdetr-profile-'));
  // Also where the program is broken off. A browser that is just ending may still write.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return chromium.launchPersistentContext(folder, options);
}
