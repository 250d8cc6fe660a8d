/** `npm run setup`, after the packages are there: the embedded model's backbone, and a Chromium for tests and automation. */
import { runMain } from './app/answers';
import { runTool } from './app/build';
import { browserIsHere, WHY_NO_BROWSER } from './app/find-browser';

await runMain(async () => {
  await runTool('node_modules/tsx/dist/cli.mjs', ['scripts/build-backbone.ts']);
  if (browserIsHere()) return 0;
  console.error('no Chromium was found: asking Playwright for its own');
  try {
    await runTool('node_modules/playwright/cli.js', ['install', 'chromium']);
  } catch {
    // The app itself starts without it: only tests and automation need one on this machine.
    console.error(WHY_NO_BROWSER);
  }
  return 0;
});
