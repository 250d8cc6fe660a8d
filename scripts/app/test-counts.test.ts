import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { addCounts, readPlaywright, readVitest } from './test-counts';

const folder = mkdtempSync(join(tmpdir(), 'stepdetr-counts-'));
afterAll(() => rmSync(folder, { recursive: true }));

function report(content: unknown): string {
  const path = join(folder, 'report.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
}

test('Vitest: tests by status, and files that could not be loaded as failures', () => {
  const results = [
    {
      name: 'a.test.ts',
      status: 'failed',
      message: '',
      assertionResults: [
        { fullName: 'one', status: 'passed' },
        { fullName: 'two', status: 'failed' },
        { fullName: 'three', status: 'skipped' },
      ],
    },
    { name: 'b.test.ts', status: 'failed', message: 'no such module\nstack', assertionResults: [] },
  ];
  expect(readVitest(report({ testResults: results }))).toEqual({
    passed: 1,
    failed: ['two', 'b.test.ts: no such module'],
    skipped: ['three'],
  });
});

test('Playwright: nested suites, reasons of skipped tests, errors outside of tests', () => {
  const spec = (title: string, status: string, description?: string) => ({
    title,
    tests: [{ status, annotations: description ? [{ description }] : [] }],
  });
  const suites = [
    {
      specs: [spec('one', 'expected'), spec('two', 'unexpected')],
      suites: [{ specs: [spec('three', 'skipped', 'why')] }],
    },
  ];
  expect(readPlaywright(report({ suites, errors: [{ message: 'setup failed' }] }))).toEqual({
    passed: 1,
    failed: ['setup failed', 'two'],
    skipped: ['three: why'],
  });
});

test('counts add up', () => {
  const sum = addCounts({ passed: 1, failed: ['a'], skipped: [] }, { passed: 2, failed: ['b'], skipped: ['c'] });
  expect(sum).toEqual({ passed: 3, failed: ['a', 'b'], skipped: ['c'] });
});
