import type { Page } from '@playwright/test';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, openReady, SAMPLES, test } from './fixtures';

const INPUT = 'test-images';

/** Makes an input of the page that holds the sample photos. @returns how many */
async function giveSamples(page: Page): Promise<number> {
  const photos = readdirSync(SAMPLES).filter((name) => name.endsWith('.jpg'));
  await page.evaluate((id) => {
    const input = document.createElement('input');
    Object.assign(input, { type: 'file', multiple: true, hidden: true, id });
    document.body.append(input);
  }, INPUT);
  await page.locator(`#${INPUT}`).setInputFiles(photos.map((name) => join(SAMPLES, name)));
  return photos.length;
}

test('detecting on 50 images leaves no tensor and no byte behind', async ({ page, server }) => {
  await openReady(page, server.url);
  const photos = await giveSamples(page);
  const [before, after] = await page.evaluate(
    async ([id, count]) => {
      const files = (document.getElementById(id) as HTMLInputElement).files!;
      const app = window.stepdetr!;
      for (let i = 0; i < count; i++) await app.detect(files[i]!);
      const warm = await app.memory();
      for (let i = 0; i < 50; i++) {
        const found = await app.detect(files[i % count]!);
        if (!found.ok) throw new Error(found.error.message);
      }
      return [warm, await app.memory()];
    },
    [INPUT, photos] as const,
  );
  expect(before).toMatchObject({ ok: true });
  expect(after).toEqual(before);
});

test('a device that is lost in the middle of a job is built again, and the job ends well', async ({ page, server }) => {
  await openReady(page, server.url);
  await giveSamples(page);
  const both = page.evaluate(async (id) => {
    const [, cat] = (document.getElementById(id) as HTMLInputElement).files!;
    const app = window.stepdetr!;
    const quiet = await app.detect(cat!);
    const running = app.detect(cat!);
    await app.loseDevice();
    return [quiet, await running];
  }, INPUT);
  const messages = page.getByRole('status', { name: 'Messages' });
  await expect(messages).toContainText('The device is back');
  const [first, second] = await both;
  if (!first!.ok || !second!.ok) throw new Error(`expected two answers, got ${JSON.stringify([first, second])}`);
  expect(first!.value.retries).toBe(0);
  expect(second!.value.retries).toBe(1);
  expect(second!.value.layers).toEqual(first!.value.layers);
});
