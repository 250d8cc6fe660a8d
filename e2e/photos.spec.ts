import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { detections, drop, expect, openReady, SAMPLES, test, thumbnail } from './fixtures';

test('three photos and a broken file: boxes for the photos, one refusal that names the file', async ({
  page,
  server,
}, info) => {
  await openReady(page, server.url);
  const broken = info.outputPath('holiday.jpg');
  writeFileSync(broken, 'this is not a picture');
  // The cat is there already, as the first sample.
  const photos = ['astronaut.jpg', 'coffee.jpg', 'rocket.jpg'];
  await drop(page, [...photos.slice(0, 2).map((name) => join(SAMPLES, name)), broken, join(SAMPLES, photos[2]!)]);

  for (const name of photos) {
    await expect(thumbnail(page, new RegExp(`^${name}, live`))).toBeVisible();
  }
  const refused = page.getByRole('list', { name: 'Refused files' }).getByRole('listitem');
  await expect(refused).toHaveCount(1);
  await expect(refused).toContainText('holiday.jpg');
  await expect(refused).toContainText('expected a JPEG');

  await thumbnail(page, /^astronaut\.jpg, live/).click();
  await expect(detections(page).filter({ hasText: 'person' }).first()).toBeVisible();
});

test('boxes are on the picture, and each layer has its own', async ({ page, server }) => {
  await openReady(page, `${server.url}#sample=cat`);
  await expect(thumbnail(page, /^cat\.jpg, live/)).toBeVisible();
  const stage = page.getByRole('region', { name: 'Stage' }).locator('canvas').last();
  const score = page.getByRole('slider', { name: 'Lowest score that is shown' });
  await score.focus();
  await page.keyboard.press('Home');
  await expect(detections(page).nth(5)).toBeVisible();

  const layers = page.getByRole('group', { name: 'Layer' }).getByRole('button');
  await expect(layers).toHaveCount(4);
  const pictures = new Set<string>();
  const tables = new Set<string>();
  for (const layer of await layers.all()) {
    await layer.click();
    await expect(layer).toHaveAttribute('aria-pressed', 'true');
    pictures.add((await stage.screenshot()).toString('base64'));
    tables.add((await detections(page).allInnerTexts()).join('\n'));
  }
  expect(pictures.size).toBe(4);
  expect(tables.size).toBe(4);

  const scrubber = page.getByRole('slider', { name: 'Layer position' });
  await scrubber.focus();
  await page.keyboard.press('Home');
  await expect(layers.first()).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('ArrowRight');
  await expect(layers.nth(1)).toHaveAttribute('aria-pressed', 'true');
});
