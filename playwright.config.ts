import { defineConfig } from '@playwright/test';
import { browserExecutable, webgpuFlags } from './scripts/browser';

const executablePath = browserExecutable();

/**
 * The third ring: the built app as a person has it, in a real Chromium whose software adapter gives the same answers on
 * every machine. It is slow, so one test runs at a time and waits are long.
 */
export default defineConfig({
  testDir: 'e2e',
  globalSetup: './e2e/global-setup.ts',
  workers: 1,
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
