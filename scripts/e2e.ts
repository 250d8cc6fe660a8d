/** `npm run test:e2e -- [Playwright's arguments]`: the end-to-end ring alone. */
import { runMain } from './app/answers';
import { runTool } from './app/build';
import { browserIsHere, WHY_NO_BROWSER } from './app/find-browser';

await runMain(async () => {
  if (!browserIsHere()) throw new Error(WHY_NO_BROWSER);
  await runTool('node_modules/@playwright/test/cli.js', ['test', ...process.argv.slice(2)]);
  return 0;
});
