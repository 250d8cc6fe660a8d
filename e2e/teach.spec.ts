/** From photos to a better detector: labels by hand and from files, a run of GRPO, its charts, its checkpoint on disk and back. */
import type { Page } from '@playwright/test';
import { existsSync } from 'node:fs';
import { detections, drop, expect, openReady, test, thumbnail, waitUntilReady, WHY_SKIPPED } from './fixtures';
import { drawBox, labelledCount, labelPaths, labels, photoPaths, RACCOON, startRun, tab, untilStep } from './learning';

test.skip(!existsSync(RACCOON), WHY_SKIPPED);

const STEPS = 40;

/** What the chart of the reward says of each layer now. */
const rewards = (page: Page): Promise<string[]> =>
  page.getByRole('figure', { name: 'Reward', exact: true }).locator('output').allTextContents();

test('drop, label, import, teach by GRPO, stop, save, open what was saved and detect with it', async ({
  page,
  server,
}, testInfo) => {
  await openReady(page, server.url);
  await page.getByRole('button', { name: 'Take all images off the page' }).click();
  await drop(page, photoPaths);
  await expect(thumbnail(page, /^raccoon-4\.jpg/)).toBeVisible();

  await page.keyboard.press('l');
  await drawBox(page);
  expect(await labelledCount(page)).toBe(1);
  await drawBox(page);
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Control+z');
  expect(await labelledCount(page)).toBe(0);
  await page.keyboard.press('Control+Shift+z');
  expect(await labelledCount(page)).toBe(1);
  await page.keyboard.press('Control+z');

  await drop(page, labelPaths);
  await expect.poll(() => labelledCount(page)).toBe(4);
  expect((await labels(page)).classes).toContain('raccoon');

  await startRun(page, STEPS);
  await untilStep(page, 1, STEPS);
  await tab(page, 'Charts').click();
  await expect.poll(async () => (await rewards(page)).filter((text) => /\d/.test(text)).length).toBe(3);
  const first = await rewards(page);
  await tab(page, 'Run').click();
  await untilStep(page, 5, STEPS);
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Use last' })).toBeVisible();
  await tab(page, 'Charts').click();
  await expect.poll(async () => (await rewards(page)).filter((text, at) => text !== first[at]).length).toBe(3);
  console.log(`reward by layer: ${first.join(' ')} at first, ${(await rewards(page)).join(' ')} at the end`);
  await tab(page, 'Episode').click();
  await expect(page.getByRole('img', { name: /reward/ }).first()).toBeVisible();

  await tab(page, 'Run').click();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the last weights as a checkpoint' }).click();
  const saved = testInfo.outputPath('taught.zip');
  await (await download).saveAs(saved);

  await page.reload();
  await waitUntilReady(page);
  await drop(page, [saved]);
  await expect
    .poll(() =>
      page.evaluate(async () => {
        const answer = await window.stepdetr!.checkpoint({ kind: 'current' });
        return answer.ok ? answer.value.source : answer.error.message;
      }),
    )
    .toBe('files');
  // Only what was taught knows raccoons; five steps are not enough to be sure of them.
  await tab(page, 'Detections').click();
  await page.getByRole('slider', { name: 'Score' }).press('Home');
  await expect(detections(page).first()).toContainText('raccoon');
});
