import { defineConfig } from '@playwright/test';
import { browserExecutable, webgpuFlags } from './scripts/browser';

const executablePath = browserExecutable();
const FIRST_VISIT = 'first-visit.spec.ts';

/**
 * The third ring: the built app as a person has it, in a real Chromium whose software adapter gives the same answers on
 * every machine. It is slow: waits are long, and two files run at once, since a test that waits for the page leaves a core idle. The
 * first visit has a second for what a visitor waits for, and comes alone before them.
 */
export default defineConfig({
  testDir: 'e2e',
  globalSetup: './e2e/global-setup.ts',
  workers: 2,
  projects: [
    { name: 'first visit', testMatch: FIRST_VISIT },
    { name: 'app', testIgnore: FIRST_VISIT, dependencies: ['first visit'] },
  ],
  timeout: 600_000,
  expect: { timeout: 180_000 },
  forbidOnly: true,
  reporter: process.env['STEPDETR_REPORT']
    ? [['list'], ['json', { outputFile: process.env['STEPDETR_REPORT'] }]]
    : [['list']],
  use: {
    viewport: { width: 1440, height: 900 },
    launchOptions: {
      // No other host can be reached, whatever the page tries.
      args: [...webgpuFlags('software'), '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
      ...(executablePath ? { executablePath } : {}),
    },
  },
});
