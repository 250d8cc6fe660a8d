/** The Chromium that tests and programs drive: whether there is one, and its start. */
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright';
import { browserExecutable, webgpuFlags, type AdapterChoice } from '../browser';

export const WHY_NO_BROWSER =
  'no Chromium was found. Install one (Debian: apt-get install chromium), name one in STEPDETR_BROWSER, or run: npx playwright install chromium';

/** The system's browser, the one in STEPDETR_BROWSER, or Playwright's own. */
export function browserIsHere(): boolean {
  return browserExecutable() !== undefined || existsSync(chromium.executablePath());
}

/** @throws Error in words for a person when there is no browser */
export async function launchBrowser(adapter: AdapterChoice): Promise<Browser> {
  if (!browserIsHere()) throw new Error(WHY_NO_BROWSER);
  const executablePath = browserExecutable();
  return chromium.launch({ args: webgpuFlags(adapter), ...(executablePath ? { executablePath } : {}) });
}
