import { join } from 'node:path';
import { drop, expect, openReady, SHARED, sharedIsHere, test, thumbnail, WHY_SKIPPED } from './fixtures';

test('a dense encoder clusters while it runs, and says what that saves and changes', async ({ page, server }) => {
  test.skip(!sharedIsHere, WHY_SKIPPED);
  await openReady(page, server.url);
  await expect(thumbnail(page, /^cat\.jpg, live/)).toBeVisible();
  await page.getByRole('tab', { name: 'Model' }).click();
  const panel = page.getByRole('region', { name: 'Encoder clusters' });
  // StepDETR's encoder is no such one
  await expect(panel).toBeHidden();

  await drop(page, [join(SHARED, 'reference/rt_detr_r18')]);
  await expect(panel).toBeVisible();
  // these random weights make tokens that lie far apart
  await panel.getByRole('slider', { name: 'Bucket width' }).press('End');
  const rounds = panel.getByRole('slider', { name: 'Rounds' });
  await rounds.press('Home');
  await panel.getByRole('radio', { name: 'Clustered' }).click();

  const layers = panel.getByRole('table', { name: 'Attention of each encoder layer' });
  const first = layers.locator('tbody').getByRole('row').first();
  await expect(first).toContainText(/\d+ of 400.*FLOP.*FLOP/);
  await expect(panel.getByText(/Exact .*ms, clustered .*ms\. \d+ of 20 queries compared\./)).toBeVisible();
  const before = await first.innerText();
  const largest = panel.getByRole('list', { name: /^Largest clusters/ }).getByRole('button');
  await expect(largest.first()).toHaveAccessibleName(/^Cluster \d+: \d+ cells?$/);
  await largest.first().click();
  await expect(largest.first()).toHaveAttribute('aria-pressed', 'true');
  await panel.getByRole('img', { name: /^The image with the cells of/ }).hover();
  await expect(panel.getByText(/^Cluster \d+: \d+ cells?$/)).toBeVisible();

  // more rounds, more clusters, of the same image
  for (let press = 0; press < 3; press++) await rounds.press('ArrowRight');
  await expect(first).not.toHaveText(before);
  await panel.getByRole('radio', { name: 'Exact' }).click();
  await expect(layers).toBeHidden();
});
