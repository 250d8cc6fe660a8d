import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { join } from 'node:path';
import {
  detections,
  drop,
  expect,
  openReady,
  SHARED,
  sharedIsHere,
  test,
  thumbnail,
  WHY_SKIPPED,
  framesDrawn,
} from './fixtures';

const panel = (page: Page) => page.getByRole('region', { name: 'Looked at' });
const overlay = (page: Page) => page.getByRole('region', { name: 'Stage' }).locator('canvas').last();
const toggle = (page: Page) => page.getByRole('button', { name: 'What the followed query looked at' });

/** The cat's query is followed. */
async function openCat(page: Page, url: string): Promise<void> {
  await openReady(page, `${url}#sample=cat`);
  await expect(thumbnail(page, /^cat\.jpg, live/)).toBeVisible();
  await detections(page).filter({ hasText: 'cat' }).first().click();
}

test('a followed query shows what it looked at in each layer', async ({ page, server, context }, info) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await openCat(page, server.url);
  const plain = (await overlay(page).screenshot()).toString('base64');
  await page.keyboard.press('v');
  await expect(toggle(page)).toHaveAttribute('aria-pressed', 'true');

  const looks = panel(page).getByRole('list', { name: 'What it looked at in each layer' }).getByRole('listitem');
  await expect(looks).toHaveCount(3);
  await expect(looks.first().getByRole('button').first()).toHaveAccessibleName(
    /^Layer 1: \w+ \d\.\d\d, \d+ sampling points$/,
  );
  await expect(panel(page)).toContainText(/memory cell number \d+ by score, in row \d+, column \d+ of level \d/);

  // Each layer's points are on the stage, and none of them is the picture without points.
  const pictures = new Set([plain]);
  for (const look of await looks.all()) {
    await look.getByRole('button').first().click();
    await expect(look.getByRole('button').first()).toHaveAttribute('aria-pressed', 'true');
    pictures.add((await overlay(page).screenshot()).toString('base64'));
  }
  const selection = panel(page).getByRole('button', { name: /^Scores of all memory cells/ });
  await selection.click();
  await expect(selection).toHaveAttribute('aria-pressed', 'true');
  pictures.add((await overlay(page).screenshot()).toString('base64'));
  expect(pictures.size).toBe(5);
  await selection.hover();
  await expect(panel(page).getByRole('status')).toHaveText(/^Level 1, row \d+, column \d+: 0\.\d+; Level 2/);
  await page.screenshot({ path: info.outputPath('selection.png') });
  await looks.last().getByRole('button').first().click();
  await panel(page).getByRole('radio', { name: 'by layer' }).click();
  await page.screenshot({ path: info.outputPath('by-layer.png') });

  await panel(page).getByRole('button', { name: 'Copy as JSON' }).click();
  await expect(page.getByText('Copied: what the query looked at')).toBeVisible();
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  expect(copied).toMatchObject({
    image: 'cat.jpg',
    model: 'stepdetr_s',
    layers: [{ layer: 1 }, { layer: 2 }, { layer: 3 }],
  });
  for (const { places } of copied.layers) expect(places.points.length).toBe(copied.layers[0].places.points.length);

  await page.keyboard.press('Escape');
  await expect(panel(page)).toContainText('Click a box');
  await panel(page).getByRole('button', { name: 'Close' }).click();
  await expect(panel(page)).toHaveCount(0);
});

test('a link opens the view again, at any size', async ({ page, server }, info) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await openCat(page, server.url);
  await toggle(page).click();
  await expect(page).toHaveURL(/looked=1/);
  const linked = page.url();
  await page.goto('about:blank');
  for (const [width, height] of [
    [1440, 900],
    [390, 844],
  ] as const) {
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      if (page.url() !== linked) await openReady(page, linked);
      await expect(panel(page).getByRole('listitem').first()).toBeVisible();
      await framesDrawn(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(wide, 'pixels that stand out to the right').toBeLessThanOrEqual(0);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html) }))).toEqual([]);
      await page.screenshot({ path: info.outputPath(`looked-at-${colorScheme}-${width}.png`) });
    }
  }
});

/** Small random checkpoints: what is looked at is what their families have. */
const FAMILIES = [
  { folder: 'detr', seen: /attention to the whole image$/, origin: /^Learned.*without a place of its own/, curves: 0 },
  { folder: 'deformable_detr', seen: /sampling points$/, origin: /^Learned: the same anchor/, curves: 0 },
  { folder: 'd_fine', seen: /sampling points$/, origin: /^Selected by this image/, curves: 4 },
];

for (const { folder, seen, origin, curves } of FAMILIES) {
  test(`${folder} shows what its queries look at`, async ({ page, server }, info) => {
    test.skip(!sharedIsHere, WHY_SKIPPED);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await openReady(page, `${server.url}#sample=cat&threshold=0.01`);
    await drop(page, [join(SHARED, 'reference', folder)]);
    await expect(page.getByRole('button', { name: `Model: ${folder}` })).toBeVisible();
    await expect(thumbnail(page, /^cat\.jpg, live/)).toBeVisible();
    await detections(page).first().click();
    await page.keyboard.press('v');
    const looks = panel(page).getByRole('list', { name: 'What it looked at in each layer' }).getByRole('listitem');
    await expect(looks.first().getByRole('button').first()).toHaveAccessibleName(seen);
    await expect(panel(page).getByRole('region', { name: 'Where it came from' }).locator('p').first()).toHaveText(
      origin,
    );
    await expect(panel(page).getByRole('img')).toHaveCount(curves * (await looks.count()));
    await page.screenshot({ path: info.outputPath(`${folder}.png`) });
  });
}
