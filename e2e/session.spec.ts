/** A session in one file: saved in one browser, opened in another that has nothing. */
import type { Page } from '@playwright/test';
import { join } from 'node:path';
import { trainSettings, type TrainSettings } from '../src/lib/train-settings';
import { drop, expect, openReady, SAMPLES, test, thumbnail } from './fixtures';

const PHOTOS = ['astronaut.jpg', 'coffee.jpg'].map((name) => join(SAMPLES, name));
const RUN = 'e2e-session';
const SETTINGS: TrainSettings = trainSettings('supervised', { steps: 2, batch: 1, views: 1, evaluateEvery: 2 });
/** Both photos in one class: corners in pixels. */
const LABELS = JSON.stringify({
  images: [
    { id: 1, file_name: 'astronaut.jpg', width: 512, height: 512 },
    { id: 2, file_name: 'coffee.jpg', width: 600, height: 400 },
  ],
  annotations: [
    { id: 1, image_id: 1, category_id: 1, bbox: [10.5, 20, 200, 300], area: 60000, iscrowd: 0 },
    { id: 2, image_id: 2, category_id: 1, bbox: [100, 50, 150.25, 120], area: 18030, iscrowd: 0 },
  ],
  categories: [{ id: 1, name: 'thing' }],
});

async function labels(page: Page) {
  const answer = await page.evaluate(() => window.stepdetr!.labels());
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.value;
}

const labelled = async (page: Page) => (await labels(page)).images.filter(({ boxes }) => boxes.length > 0);

/** Two steps on the first photo, measured on the second. */
async function train(page: Page): Promise<void> {
  await page.evaluate(() => {
    const input = document.createElement('input');
    Object.assign(input, { type: 'file', multiple: true, hidden: true, id: 'run-photos' });
    document.body.append(input);
  });
  await page.locator('#run-photos').setInputFiles(PHOTOS);
  const run = await page.evaluate(
    async ([id, settings]) => {
      const files = [...(document.getElementById('run-photos') as HTMLInputElement).files!];
      const images = files.map((file, at) => ({
        ...{ id: file.name, name: file.name, file, split: at === 0 ? ('train' as const) : ('val' as const) },
        labels: { classes: [0], boxes: Float32Array.of(0.5, 0.5, 0.4, 0.4) },
      }));
      const model = { kind: 'current' as const };
      return window.stepdetr!.train({ id, name: 'two steps', settings, data: { classes: ['thing'], images }, model });
    },
    [RUN, SETTINGS] as const,
  );
  expect(run.ok ? [run.value.state, run.value.step, run.value.error] : run.error).toEqual(['done', 2, undefined]);
}

test('labels, splits and a run with its weights go from one browser to another', async ({
  page,
  server,
  browser,
}, testInfo) => {
  await openReady(page, server.url);
  await drop(page, PHOTOS);
  await expect(thumbnail(page, /^coffee\.jpg/)).toHaveCount(1);
  const imported = await page.evaluate(
    (text) => window.stepdetr!.importLabels([new File([text], 'labels.json')]),
    LABELS,
  );
  expect(imported).toEqual({ ok: true, value: { problems: [] } });
  // the split is drawn a moment later, when the photos have been compared
  await expect.poll(async () => (await labelled(page)).every(({ split }) => split !== null)).toBe(true);
  const before = await labelled(page);
  expect(before.map(({ name }) => name).sort()).toEqual(['astronaut.jpg', 'coffee.jpg']);
  await train(page);

  await page.getByRole('button', { name: 'Session', exact: true }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: /^Save session/ }).click();
  const saved = await download;
  expect(saved.suggestedFilename()).toMatch(/^stepdetr-session-\d{4}-\d\d-\d\d\.zip$/);
  const path = join(testInfo.outputDir, 'session.zip');
  await saved.saveAs(path);
  await page.close();

  const context = await browser.newContext();
  const other = await context.newPage();
  await openReady(other, server.url);
  await drop(other, [path]);
  await expect.poll(async () => (await labelled(other)).length).toBe(2);
  expect(await labelled(other)).toEqual(before);
  // The sample that a first visit shows is in both and stays one.
  expect((await labels(other)).images).toHaveLength(3);
  await other.getByRole('tab', { name: 'Train' }).click();
  await expect(other.getByText('two steps').first()).toBeVisible();
  const steps = await other.evaluate(async (id) => {
    const folder = await (
      await (await navigator.storage.getDirectory()).getDirectoryHandle('runs')
    ).getDirectoryHandle(id);
    const log = await (await (await folder.getFileHandle('log.jsonl')).getFile()).text();
    return log
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { step: number }).step);
  }, RUN);
  expect(steps).toEqual([1, 2]);
  const found = await other.evaluate(
    async ([id, photo]) => {
      const app = window.stepdetr!;
      const loaded = await app.load({ kind: 'run', id, weights: 'best' });
      if (!loaded.ok) return loaded.error.message;
      const blob = await (await fetch(photo)).blob();
      const detected = await app.detect(new File([blob], 'cat.jpg'));
      if (!detected.ok) return detected.error.message;
      return { classes: loaded.value.classes, layers: detected.value.layers.length };
    },
    [RUN, 'samples/cat.jpg'] as const,
  );
  expect(found).toEqual({ classes: ['thing'], layers: 4 });
  // A second time nothing is new, and nothing is said.
  await other.getByLabel('Session file to open').setInputFiles(path);
  await expect(other.getByRole('progressbar', { name: 'Opening the session' })).toHaveCount(0);
  expect(await labelled(other)).toEqual(before);
  expect((await labels(other)).images).toHaveLength(3);
  await expect(other.getByRole('list', { name: 'Refused files' })).toHaveCount(0);
  await context.close();
});
