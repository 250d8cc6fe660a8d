import { DIST } from '../scripts/app/build';
import { serveFolders } from '../scripts/app/static-server';
import { expect, openReady, test, thumbnail, waitUntilReady } from './fixtures';

test('after the first visit the page works without the server', async ({ page, origins }) => {
  const server = await serveFolders({ '/some/where/': DIST });
  origins.add(new URL(server.url).origin);
  try {
    await openReady(page, server.url);
    // Everything is kept once the service worker that fetched it is the active one.
    await page.evaluate(() => navigator.serviceWorker.ready);
  } finally {
    await server.close();
  }

  await page.reload();
  await waitUntilReady(page);
  await expect(thumbnail(page, /^cat\.jpg, live/)).toBeVisible();
  await page.getByRole('button', { name: 'Sample photos' }).click();
  await page.getByRole('menuitem', { name: 'Astronaut' }).click();
  await expect(thumbnail(page, /^astronaut\.jpg, live, [1-9]/)).toBeVisible();
});
