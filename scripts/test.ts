/**
 * `npm test`: everything that has to hold, cheapest first: formatting, lint, import directions, types; unit tests and the build;
 * parity tests; end-to-end tests. What stands in one step runs at once. Installs nothing. Goes on after a failure, except in CI (CI=true), where the first step with a failure is the last; ends with
 * one line of counts.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt, ROOT } from './app/build';
import { browserIsHere, WHY_NO_BROWSER } from './app/find-browser';
import { runLabelled } from './app/run-labelled';
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
  run: () => runLabelled(name, `node_modules/${script}`, args),
});

const vitest = (name: string, project: string): Stage => ({
  name,
  run: (report) =>
    runLabelled(name, 'node_modules/vitest/vitest.mjs', [
      'run',
      `--project=${project}`,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ]),
  counts: readVitest,
});

const playwright = (name: string): Stage => ({
  name,
  run: (report) => runLabelled(name, 'node_modules/@playwright/test/cli.js', ['test'], { STEPDETR_REPORT: report }),
  counts: readPlaywright,
});

const STEPS: readonly (readonly Stage[])[] = [
  [
    tool('formatting', 'prettier/bin/prettier.cjs', ['--check', '--log-level=warn', '.']),
    tool('lint', 'eslint/bin/eslint.js', ['.']),
    tool('import directions', 'dependency-cruiser/bin/dependency-cruise.mjs', ['src']),
    tool('types', 'typescript/bin/tsc', ['-p', '.']),
  ],
  [vitest('unit tests', 'unit'), { name: 'build', run: ensureBuilt }],
  [{ ...vitest('parity tests', 'parity'), needsBrowser: true }],
  // alone: some of them have a second for what a visitor waits for
  [{ ...playwright('end-to-end tests'), needsBrowser: true }],
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

async function timedStage(stage: Stage, folder: string): Promise<Counts> {
  const started = Date.now();
  const counts = await runStage(stage, folder);
  const { passed, failed, skipped } = counts;
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  console.log(`${stage.name}: ${passed} passed, ${failed.length} failed, ${skipped.length} skipped (${seconds} s)`);
  return counts;
}

async function main(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'stepdetr-test-'));
  let total = NOTHING;
  for (const stages of STEPS) {
    const names = stages.map(({ name }) => name).join(', ');
    console.log(`\n=== ${names}`);
    const all = await Promise.all(stages.map((stage) => timedStage(stage, folder)));
    total = all.reduce(addCounts, total);
    if (total.failed.length > 0 && process.env['CI']) {
      console.log(`\nfailed, of ${names}: what comes after is not run in CI`);
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
