/** What Vitest's and Playwright's JSON reports say, as names and counts. */
import { readFileSync } from 'node:fs';

export interface Counts {
  passed: number;
  /** Names, with the reason where there is one. */
  failed: string[];
  skipped: string[];
}

export const NOTHING: Counts = { passed: 0, failed: [], skipped: [] };

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    passed: a.passed + b.passed,
    failed: [...a.failed, ...b.failed],
    skipped: [...a.skipped, ...b.skipped],
  };
}

interface VitestReport {
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { fullName: string; status: string }[];
  }[];
}

/** @param path of a report by Vitest's json reporter */
export function readVitest(path: string): Counts {
  const { testResults } = JSON.parse(readFileSync(path, 'utf8')) as VitestReport;
  const all = testResults.flatMap(({ assertionResults }) => assertionResults);
  const named = (status: string): string[] => all.filter((test) => test.status === status).map((test) => test.fullName);
  // A file that cannot be loaded has failed without a test of its own.
  const unloaded = testResults
    .filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.every((t) => t.status !== 'failed'),
    )
    .map(({ name, message }) => `${name}: ${message.split('\n')[0] ?? ''}`);
  return {
    passed: named('passed').length,
    failed: [...named('failed'), ...unloaded],
    skipped: ['skipped', 'pending', 'todo', 'disabled'].flatMap(named),
  };
}

interface PlaywrightSuite {
  suites?: PlaywrightSuite[];
  specs?: {
    title: string;
    tests: { status: 'expected' | 'unexpected' | 'flaky' | 'skipped'; annotations: { description?: string }[] }[];
  }[];
}

/** @param path of a report by Playwright's json reporter */
export function readPlaywright(path: string): Counts {
  const report = JSON.parse(readFileSync(path, 'utf8')) as PlaywrightSuite & { errors: { message?: string }[] };
  const counts: Counts = { passed: 0, failed: report.errors.map(({ message }) => message ?? 'error'), skipped: [] };
  const visit = ({ suites = [], specs = [] }: PlaywrightSuite): void => {
    for (const { title, tests } of specs) {
      for (const { status, annotations } of tests) {
        const reason = annotations.map(({ description }) => description ?? '').join(' ');
        if (status === 'expected') counts.passed++;
        else if (status === 'skipped') counts.skipped.push(`${title}: ${reason}`);
        else counts.failed.push(title);
      }
    }
    suites.forEach(visit);
  };
  visit(report);
  return counts;
}
