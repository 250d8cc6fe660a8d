/** Whether there is a Chromium for the tests, and what to do when there is none. */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright';
import { browserExecutable } from '../browser';

export const WHY_NO_BROWSER =
  'no Chromium was found. Install one (Debian: apt-get install chromium), name one in STEPDETR_BROWSER, or run: npx playwright install chromium';

/** The system's browser, the one in STEPDETR_BROWSER, or Playwright's own. */
export function browserIsHere(): boolean {
  return browserExecutable() !== undefined || existsSync(chromium.executablePath());
}
