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

test('a sample is there within a second, with stored detections that live ones replace', async ({ page, server }) => {
  await page.goto(server.url);
  await expect(detections(page).first()).toBeVisible();
  const painted = await page.evaluate(() => {
    const [paint] = performance.getEntriesByName('first-contentful-paint');
    return { first: paint?.startTime ?? Number.NaN, rows: performance.now() };
  });
  console.log(`first paint ${painted.first.toFixed(0)} ms, detections ${painted.rows.toFixed(0)} ms`);
  expect(painted.first).toBeLessThan(FIRST_PAINT_MS);
  await expect(thumbnail(page, /^cat\.jpg, stored/)).toBeVisible();
  await waitUntilReady(page);
  await expect(thumbnail(page, /^cat\.jpg, live/)).toBeVisible();
});
