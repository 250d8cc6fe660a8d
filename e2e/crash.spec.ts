/** A tab that dies while somebody labels and while a run goes on: nothing that was confirmed is lost, and the run goes on. */
import { existsSync } from 'node:fs';
import { drop, expect, openReady, test, WHY_SKIPPED } from './fixtures';
import { crash, labelledCount, labelPaths, labels, photoPaths, RACCOON, startRun, tab, untilStep } from './learning';

test.skip(!existsSync(RACCOON), WHY_SKIPPED);

const STEPS = 6;

test('labels and the run are there after the tab has died, and the run goes on to its end', async ({
  page,
  server,
}) => {
  await openReady(page, server.url);
  await drop(page, [...photoPaths, ...labelPaths]);
  await expect.poll(() => labelledCount(page)).toBe(4);
  const before = await labels(page);
  await startRun(page, STEPS);
  await untilStep(page, 2, STEPS);
  await crash(page);

  const next = await page.context().newPage();
  await openReady(next, server.url);
  await expect.poll(() => labelledCount(next)).toBe(4);
  expect(await labels(next)).toEqual(before);
  await tab(next, 'Train').click();
  await expect(next.getByText(/was at step [1-5] of 6 when the page was closed/)).toBeVisible();
  await next.getByRole('button', { name: 'Resume' }).first().click();
  await untilStep(next, STEPS, STEPS);
  await expect(next.getByRole('button', { name: 'Use last' })).toBeVisible();
});
