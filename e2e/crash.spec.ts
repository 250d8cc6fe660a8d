/** A tab that dies while somebody labels and while a run goes on: nothing that was confirmed is lost, and the run goes on. */
import type { Page } from '@playwright/test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { drop, expect, openReady, test, thumbnail, WHY_SKIPPED } from './fixtures';
import {
  crash,
  drawBox,
  labelledCount,
  labelPaths,
  labels,
  photoPaths,
  RACCOON,
  startRun,
  tab,
  untilStep,
} from './learning';

test.skip(!existsSync(RACCOON), WHY_SKIPPED);

const STEPS = 6;

/** The steps that the log of the only kept run has, in their order. */
const loggedSteps = (page: Page): Promise<number[]> =>
  page.evaluate(async () => {
    const runs = await (await navigator.storage.getDirectory()).getDirectoryHandle('runs');
    const ids: string[] = [];
    for await (const id of (runs as unknown as { keys(): AsyncIterable<string> }).keys()) ids.push(id);
    if (ids.length !== 1) throw new Error(`expected one run, got ${ids.join(', ') || 'none'}`);
    const log = await (await runs.getDirectoryHandle(ids[0]!)).getFileHandle('log.jsonl');
    const lines = (await (await log.getFile()).text()).trim().split('\n');
    return lines.map((line) => (JSON.parse(line) as { step: number }).step);
  });

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
  expect(await loggedSteps(next)).toEqual([1, 2, 3, 4, 5, 6]);
});

test('a box that was drawn a moment before the tab died is there', async ({ page, server }) => {
  await openReady(page, `${server.url}#sample=astronaut`);
  await expect(thumbnail(page, /^astronaut\.jpg, live/)).toBeVisible();
  await page.keyboard.press('l');
  await drawBox(page);
  await expect(page.getByRole('list', { name: 'Boxes of this image' }).getByRole('listitem')).toHaveCount(1);
  const before = await labels(page);
  await crash(page);

  const next = await page.context().newPage();
  await openReady(next, server.url);
  expect(before.images.flatMap(({ boxes }) => boxes)).toHaveLength(1);
  await expect.poll(() => labels(next)).toEqual(before);
});

const MANY = Array.from({ length: 24 }, (_, at) => `raccoon-${at + 1}`);
const manyPhotos = MANY.map((name) => join(RACCOON, 'images', `${name}.jpg`));
const manyLabels = MANY.map((name) => join(RACCOON, 'annotations', `${name}.xml`));

/** What is labelled on these images. */
const boxesOf = ({ images }: Awaited<ReturnType<typeof labels>>, names: readonly string[]) =>
  names.map((name) => images.find((image) => image.name === `${name}.jpg`)?.boxes ?? []);

test('labels that were there stay when the tab dies in the middle of an import, which can be done again', async ({
  page,
  server,
}) => {
  await openReady(page, server.url);
  await drop(page, manyPhotos);
  // The sample and these.
  await expect.poll(async () => (await labels(page)).images.length).toBe(MANY.length + 1);
  await drop(page, manyLabels.slice(0, 4));
  await expect.poll(() => labelledCount(page)).toBe(4);
  const [before, four] = [await labels(page), MANY.slice(0, 4)];
  await drop(page, manyLabels);
  await crash(page);

  const next = await page.context().newPage();
  await openReady(next, server.url);
  await expect.poll(() => labelledCount(next)).toBeGreaterThanOrEqual(4);
  console.log(`${await labelledCount(next)} of ${MANY.length} images had their labels`);
  expect(boxesOf(await labels(next), four)).toEqual(boxesOf(before, four));
  // Photos that came back are known.
  await drop(next, [...manyPhotos, ...manyLabels]);
  await expect.poll(() => labelledCount(next)).toBe(MANY.length);
  expect((await labels(next)).images).toHaveLength(MANY.length + 1);
  expect(boxesOf(await labels(next), four)).toEqual(boxesOf(before, four));
});
