/**
 * `npm run test:parity:node`: the parity ring in Node on Dawn. Arguments go to vitest. Where there is no WebGPU adapter it is skipped
 * with the reason.
 */
import { browserExecutable } from '../browser';
import { runMain } from '../app/answers';
import { runTool } from '../app/build';
import { BROWSER_ONLY, BROWSER_ONLY_TESTS } from './parity/browser-only';
import { openGpu, WHY_NO_GPU } from './platform/gpu';

await runMain(async () => {
  if (!(await openGpu('software', browserExecutable()))) {
    console.error(`parity tests in Node: skipped: ${WHY_NO_GPU}`);
    return 0;
  }
  for (const [what, reason] of Object.entries({ ...BROWSER_ONLY, ...BROWSER_ONLY_TESTS }))
    console.error(`not in Node: ${what}: ${reason}`);
  await runTool('node_modules/vitest/vitest.mjs', ['run', '--project=parity-node', ...process.argv.slice(2)]);
  return 0;
});
