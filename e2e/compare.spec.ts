/** Two models side by side: pictures, differences, times, and accuracy on labels. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { drop, expect, openReady, SHARED, sharedIsHere, test, thumbnail, WHY_SKIPPED, framesDrawn } from './fixtures';

test.skip(!sharedIsHere, WHY_SKIPPED);

const ATTO = 'deimv2_atto_coco';
const compared = (page: Page) => page.getByRole('region', { name: 'Two models side by side' });
const side = (page: Page, name: 'The model in use' | 'The second model') => page.getByRole('figure', { name });

/** DEIMv2-Atto in use on the cat, StepDETR-S beside it. */
async function openComparison(page: Page, url: string): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await openReady(page, `${url}#sample=cat&threshold=0.4`);
  await drop(page, [join(SHARED, 'weights', ATTO)]);
  await expect(page.getByRole('button', { name: /^Model: / })).toHaveAccessibleName(`Model: ${ATTO}`);
  await expect(thumbnail(page, /^cat\.jpg, live/)).toBeVisible();
  await page.keyboard.press('c');
  await expect(side(page, 'The second model')).toContainText('Choose a model to compare with.');
  await page.getByRole('combobox', { name: 'Second model' }).selectOption('StepDETR-S');
  await expect(side(page, 'The second model')).toContainText(/Layer 3 of 3, \d+ box/);
  await expect(side(page, 'The model in use')).toContainText(/Layer 3 of 3, \d+ box/);
}

interface Report {
  threshold: number;
  left: { id: string; layer: number; parameters: number; detections: { class: string; box: number[] }[] };
  right: { id: string; layer: number; parameters: number; detections: { class: string; box: number[] }[] };
  matches: { left: number; right: number; iou: number }[];
  onLabels: Record<'left' | 'right', { images: number; layers: { AP: number; AP50: number }[] }> | null;
}

async function saved(page: Page): Promise<Report> {
  await page.getByRole('button', { name: 'Save the comparison' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'JSON' }).click();
  expect((await download).suggestedFilename()).toBe('cat.compared.json');
  return JSON.parse(readFileSync(await (await download).path(), 'utf8')) as Report;
}

test('two models on one image, their differences, and their accuracy on labels', async ({ page, server }, info) => {
  await openComparison(page, server.url);
  const report = await saved(page);
  expect([report.left.id, report.right.id]).toEqual([ATTO, 'stepdetr_s'].map((id) => expect.stringContaining(id)));
  const cat = report.matches.find((match) => report.left.detections[match.left]!.class === 'cat')!;
  expect(cat.iou).toBeGreaterThanOrEqual(0.5);
  expect(report.right.detections[cat.right]!.class).toBe('cat');
  const numbers = page.getByRole('table', { name: 'This image' });
  await expect(numbers.getByRole('row', { name: /^Boxes above the score/ })).toContainText(
    String(report.left.detections.length),
  );
  await expect(numbers.getByRole('row', { name: /^Total/ })).toContainText(/\d.*ms.*\d.*ms/);

  // One scrubber for both, and a line of the differences is reached by the keyboard.
  await page.keyboard.press('[');
  await expect(side(page, 'The model in use')).toContainText('Layer 2 of 3');
  await expect(side(page, 'The second model')).toContainText('Layer 2 of 3');
  await page.keyboard.press(']');
  await page
    .getByRole('button', { name: /^cat .* IoU/ })
    .first()
    .focus();

  const [x0, y0, x1, y1] = report.left.detections[cat.left]!.box as [number, number, number, number];
  const labels = {
    images: [{ id: 1, file_name: 'cat.jpg', width: 451, height: 300 }],
    categories: [{ id: 7, name: 'CAT' }],
    annotations: [{ id: 1, image_id: 1, category_id: 7, bbox: [x0, y0, x1 - x0, y1 - y0] }],
  };
  await page.evaluate(
    (text) => window.stepdetr!.importLabels([new File([text], 'labels.json', { type: 'application/json' })]),
    JSON.stringify(labels),
  );
  await page.getByRole('button', { name: 'Measure' }).click();
  const figures = page.getByRole('table', { name: 'On labelled images' });
  await expect(figures.getByRole('row', { name: new RegExp(`^${ATTO} `) })).toContainText('100.0');
  await expect(figures.getByRole('row', { name: /^StepDETR-S/ })).toContainText(/\d\d/);
  const { onLabels } = await saved(page);
  expect(onLabels!.left.images).toBe(1);
  expect(onLabels!.right.layers.at(-1)!.AP50).toBeGreaterThanOrEqual(0.5);

  // The tip of the button that has the focus would be looked at, too.
  await page.keyboard.press('Escape');
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await framesDrawn(page);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html) }))).toEqual([]);
    for (const [width, height] of [
      [1440, 900],
      [390, 844],
    ] as const) {
      await page.setViewportSize({ width, height });
      // canvases follow the new size a frame later
      await expect
        .poll(() => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), {
          message: 'pixels that stand out to the right',
        })
        .toBeLessThanOrEqual(0);
      await page.screenshot({ path: info.outputPath(`compare-${colorScheme}-${width}.png`) });
    }
    await page.setViewportSize({ width: 1440, height: 900 });
  }
});

test('another image goes through both; closing frees the second model', async ({ page, server }) => {
  await openComparison(page, server.url);
  await page.getByRole('button', { name: 'Sample photos' }).click();
  await page.getByRole('menuitem', { name: 'Astronaut' }).click();
  await thumbnail(page, /^astronaut\.jpg/).click();
  await expect(
    compared(page).getByRole('img', { name: /^astronaut\.jpg with \d+ box(es)? of StepDETR-S/ }),
  ).toBeVisible();
  await page.evaluate(() => window.stepdetr!.loseDevice());
  await page.getByRole('button', { name: 'Sample photos' }).click();
  await page.getByRole('menuitem', { name: 'Cup of coffee' }).click();
  await thumbnail(page, /^coffee\.jpg/).click();
  await expect(compared(page).getByRole('img', { name: /^coffee\.jpg with \d+ box(es)? of StepDETR-S/ })).toBeVisible();

  const tensors = async (): Promise<number> => {
    const memory = await page.evaluate(() => window.stepdetr!.memory());
    return memory.ok ? memory.value.tensors : NaN;
  };
  const both = await tensors();
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await expect(page.getByRole('tab', { name: 'Detections' })).toBeVisible();
  await expect.poll(tensors).toBeLessThan(both);
});
