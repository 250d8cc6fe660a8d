import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DIST } from '../scripts/app/build';
import { detections, expect, test, thumbnail, waitUntilReady } from './fixtures';

const MOST_SCRIPT_BYTES = 600_000;
const FIRST_PAINT_MS = 1000;

test('the page loads less than 600 kB of script at first', () => {
  const html = readFileSync(join(DIST, 'index.html'), 'utf8');
  const scripts = [...html.matchAll(/(?:src|href)="([^"]+\.js)"/g)].map(([, path]) => join(DIST, path!));
  expect(scripts.length).toBeGreaterThan(0);
  const bytes = scripts.reduce((sum, path) => sum + gzipSync(readFileSync(path)).length, 0);
  console.log(`initial script: ${(bytes / 1000).toFixed(0)} kB gzipped`);
  expect(bytes).toBeLessThan(MOST_SCRIPT_BYTES);
});

/** Notes the frame in which the decoder's layers of the sample are in the page; its boxes are drawn from the same data. */
function watchForLayers(): void {
  new MutationObserver((_changes, observer) => {
    if (!document.querySelector('[role=group][aria-label=Layer] button')) return;
    observer.disconnect();
    requestAnimationFrame(() => performance.mark('stored-detections'));
  }).observe(document, { childList: true, subtree: true });
}

test('a sample is there within a second, with stored detections that live ones replace', async ({ page, server }) => {
  await page.addInitScript(watchForLayers);
  await page.goto(server.url);
  await expect(thumbnail(page, /^cat\.jpg, stored/)).toBeVisible();
  await expect(detections(page).first()).toBeVisible();
  const [paint, stored] = await page.evaluate(() =>
    ['first-contentful-paint', 'stored-detections'].map(
      (name) => performance.getEntriesByName(name)[0]?.startTime ?? Number.NaN,
    ),
  );
  console.log(`first paint ${paint!.toFixed(0)} ms, stored detections ${stored!.toFixed(0)} ms`);
  expect(paint).toBeLessThan(FIRST_PAINT_MS);
  expect(stored).toBeLessThan(FIRST_PAINT_MS);
  await waitUntilReady(page);
  await expect(thumbnail(page, /^cat\.jpg, live/)).toBeVisible();
});
