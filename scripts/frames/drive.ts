/** Drives the app as a person who teaches: labelled photos in, a run of GRPO on, from one view of it to the next. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';

/** A view of the Train tab. */
export const VIEWS = ['Run', 'Charts', 'Episode', 'Held out'] as const;

/** Small enough that a software GPU does a step in seconds; every figure, episode and measurement comes all the time. */
const SETTINGS: Readonly<Record<string, string>> = {
  Steps: '10000',
  Batch: '1',
  Rollouts: '8',
  Views: '1',
  'Save every': '5',
  'Measure every': '5',
};

async function drop(page: Page, paths: readonly string[]): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await devtools.send('Input.dispatchDragEvent', { type, x: 400, y: 300, data });
  await devtools.detach();
}

/** Puts the first photos of a folder with images/*.jpg and annotations/*.xml on the page, with their labels. */
export async function addLabelled(page: Page, folder: string, count: number): Promise<void> {
  const names = readdirSync(join(folder, 'images'))
    .filter((name) => name.endsWith('.jpg'))
    .slice(0, count)
    .map((name) => name.replace(/\.jpg$/, ''));
  await page.getByRole('button', { name: 'Take all images off the page' }).click();
  await drop(page, [
    ...names.map((name) => join(folder, 'images', `${name}.jpg`)),
    ...names.map((name) => join(folder, 'annotations', `${name}.xml`)),
  ]);
  await page.waitForFunction(async (wanted) => {
    const answer = await window.stepdetr!.labels();
    return answer.ok && answer.value.images.filter(({ boxes }) => boxes.length > 0).length >= wanted;
  }, names.length);
}

const tab = (page: Page, name: string) => page.getByRole('tab', { name, exact: true });

/** Starts a run and waits until its first held-out measurement and its first steps are there. */
export async function startRun(page: Page, steps: number): Promise<void> {
  await tab(page, 'Train').click();
  const panel = page.getByRole('region', { name: 'Train' });
  await panel.getByText('More settings').click();
  for (const details of await panel.locator('details details').all())
    await details.evaluate((element) => ((element as HTMLDetailsElement).open = true));
  for (const [name, value] of Object.entries(SETTINGS)) await panel.getByLabel(name, { exact: true }).fill(value);
  await panel.getByRole('button', { name: /^Start/ }).click();
  await page.waitForFunction(
    (least) => {
      const bar = document.querySelector('[role=progressbar][aria-label="Steps done"]');
      return Number(/step (\d+) of/.exec(bar?.getAttribute('aria-valuetext') ?? '')?.[1] ?? 0) >= least;
    },
    steps,
    { timeout: 300_000 },
  );
}

export async function showView(page: Page, view: string): Promise<void> {
  await tab(page, view).click();
}
