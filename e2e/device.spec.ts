import { readFile } from 'node:fs/promises';
import { expect, framesDrawn, openReady, test, thumbnail } from './fixtures';
import type { ProfileReport } from '../src/lib/profile';
import type { Page } from '@playwright/test';

const SCREENS = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];

const profileOf = (page: Page) => page.getByRole('region', { name: 'Profile' });

async function profiled(page: Page, url: string): Promise<void> {
  await openReady(page, `${url}#sample=cat`);
  await expect(thumbnail(page, /^cat\.jpg, live/)).toBeVisible();
  await page.getByRole('tab', { name: 'Device' }).click();
  await profileOf(page).getByRole('button', { name: 'Profile this image' }).click();
  await expect(profileOf(page).getByRole('button', { name: 'Profile again' })).toBeVisible();
}

test('a profile says where the time of a detection goes, and goes out as JSON and CSV', async ({ page, server }) => {
  await profiled(page, server.url);
  const panel = profileOf(page);
  await expect(panel.getByText(/on the GPU, \d+ dispatches$/)).toBeVisible();
  const table = panel.getByRole('table', { name: 'Time and bytes by layer' });
  for (const part of ['backbone/stage 1', 'encoder/layer 1', 'select', 'decoder/layer 3'])
    await expect(table.getByRole('button', { name: part })).toBeVisible();
  const rows = table.locator('tbody').getByRole('row');
  const closed = await rows.count();
  const layer = table.getByRole('button', { name: 'decoder/layer 1' });
  await layer.hover();
  await expect(page.getByRole('tooltip')).toContainText(/decoder\/layer 1: .*dispatches.*of the roof/);
  await layer.click();
  await expect(layer).toHaveAttribute('aria-expanded', 'true');
  expect(await rows.count()).toBeGreaterThan(closed);
  const dots = panel.getByRole('group', { name: /^Roofline: \d+ parts/ }).getByRole('img');
  expect(await dots.count()).toBeGreaterThan(3);
  await expect(dots.first()).toHaveAccessibleName(/FLOP per byte, .*FLOP\/s of .*FLOP\/s/);

  const save = async (format: string): Promise<string> => {
    const download = page.waitForEvent('download');
    await panel.getByRole('button', { name: 'Save the profile' }).click();
    await page.getByRole('menuitem', { name: format }).click();
    return readFile(await (await download).path(), 'utf8');
  };
  const report = JSON.parse(await save('JSON')) as ProfileReport;
  expect(report.layers).toHaveLength(closed);
  expect(report.total.microseconds).toBeGreaterThan(0);
  expect((await save('CSV')).split('\r\n')[0]).toMatch(/^scope,kernel,microseconds,/);
});

test('a budget of memory is kept, and kept over a reload', async ({ page, server }) => {
  await openReady(page, `${server.url}#sample=cat`);
  await expect(thumbnail(page, /^cat\.jpg, live/)).toBeVisible();
  await page.getByRole('tab', { name: 'Device' }).click();
  const panel = page.getByRole('region', { name: 'Device' });
  const bar = panel.getByRole('img', { name: /^GPU memory: .* of / });
  await expect(bar).toBeVisible();
  for (const part of ['Weights', 'Transformed filters', 'Recorded plans'])
    await expect(panel.getByRole('term').filter({ hasText: part })).toBeVisible();
  const budget = panel.getByRole('textbox', { name: 'Budget' });
  const usual = await budget.inputValue();
  await budget.fill('12');
  await expect(panel.getByText(/^Whole MiB from 64 to/)).toBeVisible();
  await budget.fill('200');
  await budget.press('Enter');
  await expect(bar).toHaveAccessibleName(/ of 200.MiB$/);
  const memory = await page.evaluate(() => window.stepdetr!.memory());
  expect(memory.ok && memory.value.budget).toBe(200 * 2 ** 20);
  expect(memory.ok && memory.value.gpuBytes).toBeLessThanOrEqual(200 * 2 ** 20);

  await page.reload();
  await expect(thumbnail(page, /^cat\.jpg, live/)).toBeVisible();
  await page.getByRole('tab', { name: 'Device' }).click();
  await expect(budget).toHaveValue('200');
  await expect(bar).toHaveAccessibleName(/ of 200.MiB$/);
  await panel.getByRole('button', { name: 'Use what suits the device' }).click();
  await expect(budget).toHaveValue(usual);
  await expect(bar).not.toHaveAccessibleName(/ of 200.MiB$/);
});

test('the device panel fits every screen, in both tones', async ({ page, server }, info) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await profiled(page, server.url);
  for (const viewport of SCREENS) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      await framesDrawn(page);
      const wide = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      await expect.poll(wide, { message: 'pixels that stand out to the right' }).toBeLessThanOrEqual(0);
      const picture = (part: string) => ({
        path: info.outputPath(`device-${colorScheme}-${viewport.width}x${viewport.height}${part}.png`),
      });
      await page.screenshot(picture(''));
      await profileOf(page).evaluate((element) => element.scrollIntoView({ block: 'start' }));
      await page.screenshot(picture('-profile'));
      await profileOf(page).evaluate((element) => element.scrollIntoView({ block: 'end' }));
      await page.screenshot(picture('-roofline'));
    }
  }
});
