import { join } from 'node:path';
import { ROOT } from '../scripts/app/build';
import { detections, expect, openReady, test, thumbnail } from './fixtures';

/** `STEPDETR_SCREENSHOTS=1 npm run test:e2e` renews the pictures of docs/; else they go to the test's own folder. */
const RENEW = process.env['STEPDETR_SCREENSHOTS'] === '1';
const SCREENS = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
];

for (const colorScheme of ['dark', 'light'] as const) {
  for (const viewport of SCREENS) {
    const name = `${colorScheme}-${viewport.width}x${viewport.height}.png`;
    test(`the page fits ${viewport.width}x${viewport.height}, ${colorScheme}`, async ({ page, server }, info) => {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await openReady(page, `${server.url}#sample=astronaut`);
      await expect(thumbnail(page, /^astronaut\.jpg, live/)).toBeVisible();
      await expect(detections(page).first()).toBeVisible();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(wide, 'pixels that stand out to the right').toBeLessThanOrEqual(0);
      await page.screenshot({ path: RENEW ? join(ROOT, 'docs/screenshots', name) : info.outputPath(name) });
    });
  }
}
