/** The camera live: Chromium's fake camera (a green field with a moving pie and a clock) through the model, frame by frame. */
import type { Page } from '@playwright/test';
import { browserExecutable, webgpuFlags } from '../scripts/browser';
import { detections, expect, openReady, test, thumbnail } from './fixtures';

const executablePath = browserExecutable();

test.use({
  launchOptions: {
    args: [
      ...webgpuFlags('software'),
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
    ],
    ...(executablePath ? { executablePath } : {}),
  },
});

const FRAMES = 12;
/** Numbers that a page of this size may gain by chance; a frame alone is 3.7 MB. */
const HEAP_SLACK = 3e6;

const button = (page: Page) => page.getByRole('button', { name: 'Detect live with the camera' });
const facts = (page: Page) => page.locator('[data-live]');

const frames = async (page: Page): Promise<number> => Number(await facts(page).getAttribute('data-frames'));

/** Memory of the worker when no frame is at work any more. */
async function memoryAtRest(page: Page): Promise<unknown> {
  const read = (): Promise<unknown> => page.evaluate(() => window.stepdetr!.memory());
  let last = await read();
  for (let same = 0; same < 2;) {
    await page.waitForTimeout(1500);
    const now = await read();
    same = JSON.stringify(now) === JSON.stringify(last) ? same + 1 : 0;
    last = now;
  }
  return last;
}

async function heap(page: Page): Promise<number> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('HeapProfiler.collectGarbage');
  const { usedSize } = await devtools.send('Runtime.getHeapUsage');
  await devtools.detach();
  return usedSize;
}

test('the camera goes through the model, two frames at once at most, and leaves nothing behind', async ({
  page,
  server,
}) => {
  await openReady(page, server.url);
  await expect(thumbnail(page, /^cat\.jpg, live/)).toBeVisible();
  await button(page).click();
  await expect.poll(() => frames(page)).toBeGreaterThanOrEqual(3);
  await expect(button(page)).toHaveAttribute('aria-pressed', 'true');
  await expect(facts(page)).toContainText('frames/s');
  // Boxes and layers are those of the latest frame; a person goes through them while it runs.
  await page.getByRole('slider', { name: 'Score' }).press('Home');
  await expect(detections(page).first()).toBeVisible();
  await page.getByRole('group', { name: 'Layer', exact: true }).getByRole('button', { name: 'Layer 1' }).click();
  await expect(page.getByText('Layer 1', { exact: true }).first()).toBeVisible();
  await button(page).click();
  await expect(facts(page)).toHaveCount(0);
  await expect(page.getByText('cat.jpg', { exact: true }).first()).toBeVisible();
  const [warm, warmHeap] = [await memoryAtRest(page), await heap(page)];

  await button(page).click();
  await expect.poll(() => frames(page)).toBeGreaterThanOrEqual(FRAMES);
  const most = Number(await facts(page).getAttribute('data-most'));
  expect(most).toBeGreaterThanOrEqual(1);
  expect(most).toBeLessThanOrEqual(2);
  console.log(await facts(page).innerText());
  // Showing an image ends it.
  await thumbnail(page, /^cat\.jpg/).click();
  await expect(facts(page)).toHaveCount(0);
  expect(await memoryAtRest(page)).toEqual(warm);
  expect((await heap(page)) - warmHeap).toBeLessThanOrEqual(HEAP_SLACK);
});
