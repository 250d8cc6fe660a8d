/** What the specs of learning share: raccoons with labels, a small run through the interface, a tab that dies. */
import type { Page } from '@playwright/test';
import { join } from 'node:path';
import { expect, SHARED } from './fixtures';

export const RACCOON = join(SHARED, 'datasets/raccoon');
export const PHOTOS = [1, 2, 3, 4].map((number) => `raccoon-${number}`);
export const photoPaths = PHOTOS.map((name) => join(RACCOON, 'images', `${name}.jpg`));
export const labelPaths = PHOTOS.map((name) => join(RACCOON, 'annotations', `${name}.xml`));

export async function labels(page: Page) {
  const answer = await page.evaluate(() => window.stepdetr!.labels());
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value;
}

/** Images with boxes, as the page knows them now. */
export const labelledCount = async (page: Page): Promise<number> =>
  (await labels(page)).images.filter(({ boxes }) => boxes.length > 0).length;

export const tab = (page: Page, name: string) => page.getByRole('tab', { name, exact: true });

/** A run that a software GPU does in seconds a step; every step is saved. */
const SMALL: Readonly<Record<string, string>> = {
  Batch: '1',
  Rollouts: '2',
  Views: '1',
  'Save every': '1',
  'Measure every': '1000',
};

/** Under Train: `steps` and the small settings, reinforcement learning on (GRPO); starts the run. */
export async function startRun(page: Page, steps: number): Promise<void> {
  await tab(page, 'Train').click();
  const panel = page.getByRole('region', { name: 'Train' });
  await expect(panel.getByLabel('Reinforcement learning')).toBeChecked();
  await panel.getByText('More settings').click();
  for (const details of await panel.locator('details details').all())
    await details.evaluate((element) => ((element as HTMLDetailsElement).open = true));
  for (const [name, value] of Object.entries({ Steps: String(steps), ...SMALL }))
    await panel.getByLabel(name, { exact: true }).fill(value);
  await panel.getByRole('button', { name: `Start ${steps} steps` }).click();
}

/** Waits until the shown run has done `step` steps. */
export async function untilStep(page: Page, step: number, steps: number): Promise<void> {
  await expect
    .poll(
      async () => {
        const bar = page.getByRole('progressbar', { name: 'Steps done' });
        const text = (await bar.count()) > 0 ? await bar.first().getAttribute('aria-valuetext') : null;
        return Number(new RegExp(`step (\\d+) of ${steps}`).exec(text ?? '')?.[1] ?? 0);
      },
      { timeout: 120_000 },
    )
    .toBeGreaterThanOrEqual(step);
}

/** Ends the tab without a farewell. */
export async function crash(page: Page): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  void devtools.send('Page.crash').catch(() => undefined);
  await crashed;
}

/** Draws a box in the middle of the stage. */
export async function drawBox(page: Page): Promise<void> {
  const stage = (await page.locator('[data-mode]').boundingBox())!;
  const at = (x: number, y: number): [number, number] => [stage.x + stage.width * x, stage.y + stage.height * y];
  await page.mouse.move(...at(0.45, 0.45));
  await page.mouse.down();
  await page.mouse.move(...at(0.5, 0.5), { steps: 3 });
  await page.mouse.move(...at(0.55, 0.6));
  await page.mouse.up();
}
