/**
 * `npm test`: everything that has to hold, cheapest first: formatting, lint, import directions, types, unit tests, parity
 * tests in a browser, the build, end-to-end tests. Installs nothing. Goes on after a failure, except in CI (CI=true), where the
 * first stage that fails is the last; ends with one line of counts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { existsSync } from 'node:fs';
import { ensureBuilt, ROOT, runTool } from './app/build';
import { browserIsHere, WHY_NO_BROWSER } from './app/find-browser';
import { addCounts, NOTHING, readPlaywright, readVitest, type Counts } from './app/test-counts';

interface Stage {
  name: string;
  needsBrowser?: true;
  /** Runs it, its report to a file of this name; counts are read even when it fails. */
  run(report: string): Promise<void>;
  counts?(report: string): Counts;
}

const tool = (name: string, script: string, args: readonly string[]): Stage => ({
  name,
  run: () => runTool(`node_modules/${script}`, args),
});

const vitest = (project: string): Pick<Stage, 'run' | 'counts'> => ({
  run: (report) =>
    runTool('node_modules/vitest/vitest.mjs', [
      'run',
      `--project=${project}`,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ]),
  counts: readVitest,
});

const STAGES: readonly Stage[] = [
  tool('formatting', 'prettier/bin/prettier.cjs', ['--check', '--log-level=warn', '.']),
  tool('lint', 'eslint/bin/eslint.js', ['.']),
  tool('import directions', 'dependency-cruiser/bin/dependency-cruise.mjs', ['src']),
  tool('types', 'typescript/bin/tsc', ['-p', '.']),
  { name: 'unit tests', ...vitest('unit') },
  { name: 'build', run: ensureBuilt },
  { name: 'parity tests', needsBrowser: true, ...vitest('parity') },
  {
    name: 'end-to-end tests',
    needsBrowser: true,
    run: (report) => {
      process.env['STEPDETR_REPORT'] = report;
      return runTool('node_modules/@playwright/test/cli.js', ['test']);
    },
    counts: readPlaywright,
  },
];

/** A stage without tests of its own counts as one test. */
async function runStage({ name, run, counts, needsBrowser }: Stage, folder: string): Promise<Counts> {
  if (needsBrowser && !browserIsHere()) return { ...NOTHING, skipped: [`${name}: ${WHY_NO_BROWSER}`] };
  const report = join(folder, `${name.replaceAll(' ', '-')}.json`);
  let failure: unknown;
  try {
    await run(report);
  } catch (thrown) {
    failure = thrown;
  }
  const found = counts && existsSync(report) ? counts(report) : NOTHING;
  if (failure !== undefined && found.failed.length === 0) {
    return { ...found, failed: [`${name}: ${failure instanceof Error ? failure.message : String(failure)}`] };
  }
  return counts ? found : { ...found, passed: found.passed + 1 };
}

async function main(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'stepdetr-test-'));
  let total = NOTHING;
  for (const stage of STAGES) {
    const started = Date.now();
    console.log(`\n=== ${stage.name}`);
    const counts = await runStage(stage, folder);
    total = addCounts(total, counts);
    const { passed, failed, skipped } = counts;
    const seconds = ((Date.now() - started) / 1000).toFixed(0);
    console.log(`${stage.name}: ${passed} passed, ${failed.length} failed, ${skipped.length} skipped (${seconds} s)`);
    if (failed.length > 0 && process.env['CI']) {
      console.log(`\n${stage.name} failed: what comes after it is not run in CI`);
      break;
    }
  }
  rmSync(folder, { recursive: true });
  const { passed, failed, skipped } = total;
  if (!existsSync(join(ROOT, '../shared'))) {
    console.log(
      '\n../shared (reference answers, data sets) is not beside the project: tests that need it are skipped.',
    );
  }
  if (skipped.length > 0) console.log(`\nskipped:\n${skipped.map((name) => `  ${name}`).join('\n')}`);
  if (failed.length > 0) console.log(`\nfailed:\n${failed.map((name) => `  ${name}`).join('\n')}`);
  console.log(`\n${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
  return failed.length === 0 ? 0 : 1;
}

process.exitCode = await main();
