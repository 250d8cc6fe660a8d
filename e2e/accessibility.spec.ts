import AxeBuilder from '@axe-core/playwright';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drop, expect, openReady, SAMPLES, test, thumbnail } from './fixtures';

for (const colorScheme of ['dark', 'light'] as const) {
  test(`axe finds nothing, ${colorScheme}`, async ({ page, server }, info) => {
    await page.emulateMedia({ colorScheme });
    await openReady(page, server.url);
    const broken = info.outputPath('broken.png');
    writeFileSync(broken, 'no picture');
    await drop(page, [join(SAMPLES, 'astronaut.jpg'), broken]);
    await expect(thumbnail(page, /^astronaut\.jpg, live/)).toBeVisible();

    for (const tab of ['Detections', 'Label', 'Train', 'Model', 'Device']) {
      await page.getByRole('tab', { name: tab }).click();
      const { violations } = await new AxeBuilder({ page }).analyze();
      const found = violations.map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html) }));
      expect(found, `${tab} panel`).toEqual([]);
    }
  });
}
