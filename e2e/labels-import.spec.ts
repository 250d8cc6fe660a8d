/** A labelled data set comes in, is there in the next visit, also after a crash, and goes out as it was. */
import type { Page } from '@playwright/test';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { drop, expect, openReady, SHARED, test, waitUntilReady, WHY_SKIPPED } from './fixtures';

const RACCOON = join(SHARED, 'datasets/raccoon');
test.skip(!existsSync(RACCOON), WHY_SKIPPED);

async function labels(page: Page) {
  const answer = await page.evaluate(() => window.stepdetr!.labels());
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value;
}

const countOf = async (page: Page): Promise<number> =>
  (await labels(page)).images.filter(({ boxes }) => boxes.length > 0).length;

async function exported(page: Page): Promise<Record<string, string>> {
  const answer = await page.evaluate(() => window.stepdetr!.exportLabels('voc'));
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value.files;
}

test('Pascal VOC comes in whole, stays over a reload, and is written as it was', async ({ page, server }) => {
  const names = readdirSync(join(RACCOON, 'annotations'));
  const splits: Record<string, string[]> = JSON.parse(readFileSync(join(RACCOON, 'splits.json'), 'utf8'));
  await openReady(page, server.url);
  await drop(page, [RACCOON]);
  await expect.poll(() => countOf(page), { timeout: 90_000 }).toBe(names.length);
  const before = await labels(page);
  expect(before.classes).toEqual(['raccoon']);
  expect(before.images.filter(({ split }) => split === 'val')).toHaveLength(splits['val']!.length);
  await expect(page.getByText('LICENSE')).toHaveCount(0);

  await page.reload();
  await waitUntilReady(page);
  await expect.poll(() => countOf(page), { timeout: 30_000 }).toBe(names.length);
  expect(await labels(page)).toEqual(before);
  const files = await exported(page);
  for (const name of names) {
    expect(files[`raccoon/annotations/${name}`]?.trim(), name).toBe(
      readFileSync(join(RACCOON, 'annotations', name), 'utf8').trim(),
    );
  }
  expect(JSON.parse(files['splits.json']!)).toEqual(splits);
});

/** A folder with so many of the photos and their labels. */
function someOf(count: number, folder: string): string {
  for (const [kind, ending] of [
    ['images', 'jpg'],
    ['annotations', 'xml'],
  ] as const) {
    mkdirSync(join(folder, kind), { recursive: true });
    for (let at = 1; at <= count; at++) {
      const name = join(kind, `raccoon-${at}.${ending}`);
      copyFileSync(join(RACCOON, name), join(folder, name));
    }
  }
  return folder;
}

test('an import that is cut off has kept what came in, and goes on with the same folder', async ({
  page,
  server,
}, testInfo) => {
  const total = 80;
  const folder = someOf(total, testInfo.outputPath('raccoon'));
  await openReady(page, server.url);
  await drop(page, [folder]);
  const shown = async (): Promise<number> => (await labels(page)).images.length;
  await expect.poll(shown, { timeout: 60_000, intervals: [20] }).toBeGreaterThanOrEqual(20);
  // No farewell, as a tab that dies.
  const devtools = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  void devtools.send('Page.crash').catch(() => undefined);
  await crashed;
  const next = await page.context().newPage();
  await openReady(next, server.url);
  // The sample, and all that was shown but the one that was being kept; they come back one after another.
  await expect.poll(async () => (await labels(next)).images.length).toBeGreaterThanOrEqual(19);
  await drop(next, [folder]);
  await expect.poll(() => countOf(next), { timeout: 90_000 }).toBe(total);
  // The sample and every photo once.
  expect((await labels(next)).images).toHaveLength(total + 1);
});
