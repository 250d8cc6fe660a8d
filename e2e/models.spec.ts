import { join } from 'node:path';
import {
  drop,
  expect,
  openReady,
  SHARED,
  sharedIsHere,
  test,
  thumbnail,
  waitUntilReady,
  WHY_SKIPPED,
} from './fixtures';

const CHIP = /^Model: /;

test('a dropped checkpoint folder becomes the model, and a reload keeps it', async ({ page, server }) => {
  test.skip(!sharedIsHere, WHY_SKIPPED);
  await openReady(page, server.url);
  const chip = page.getByRole('button', { name: CHIP });
  await expect(chip).toHaveAccessibleName('Model: StepDETR-S');

  await drop(page, [join(SHARED, 'weights/deimv2_atto_coco')]);
  await expect(chip).toHaveAccessibleName('Model: deimv2_atto_coco');
  await expect(thumbnail(page, /^cat\.jpg, live/)).toBeVisible();

  await page.reload();
  await waitUntilReady(page);
  await expect(chip).toHaveAccessibleName('Model: deimv2_atto_coco');
  await chip.click();
  const here = page.getByRole('list', { name: 'On this machine' }).getByRole('listitem');
  await expect(here.filter({ hasText: 'deimv2_atto_coco' })).toHaveAttribute('aria-current', 'true');
});
