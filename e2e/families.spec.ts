/** Checkpoints of other families of the hub: opened, looked at layer by layer, taught, saved and opened again. */
import type { Page } from '@playwright/test';
import { join } from 'node:path';
import { smallerCopy } from '../scripts/check-export/smaller';
import {
  drop,
  expect,
  openReady,
  SHARED,
  sharedIsHere,
  test,
  thumbnail,
  waitUntilReady,
  WHY_SKIPPED,
} from './fixtures';
import { labelledCount, labelPaths, photoPaths, startRun, tab, untilStep } from './learning';

test.skip(!sharedIsHere, WHY_SKIPPED);
test.setTimeout(240_000);

const STEPS = 3;
/** Pixels of a photo's shorter side: what a software adapter does in a second. */
const SIDE = 192;
/** The scrubber's stops: the query selection's where it predicts, and three decoder layers. */
const FAMILIES = { detr: 3, deformable_detr_two_stage: 3, rt_detr_r18: 4, d_fine: 4 } as const;
/** Two passes over the same weights. */
const SAME = 1e-5;

interface Answers {
  query: number[];
  /** Of the last layer, best first. */
  score: number[];
  /** [queries,4] of every layer. */
  boxes: number[];
}

/** What the current model finds in the sample cat. */
async function answers(page: Page): Promise<Answers> {
  const found = await page.evaluate(async () => {
    const blob = await (await fetch('samples/cat.jpg')).blob();
    const answer = await window.stepdetr!.detect(new File([blob], 'cat.jpg'));
    if (!answer.ok) return answer;
    const { layers } = answer.value;
    const last = layers.at(-1)!;
    const boxes = layers.flatMap((layer) => [...layer.boxes]);
    return { ok: true as const, value: { query: [...last.query], score: [...last.score], boxes } };
  });
  if (!found.ok) throw new Error(found.error.message);
  return found.value;
}

const apart = (a: readonly number[], b: readonly number[]): number =>
  a.length === b.length ? Math.max(...a.map((value, at) => Math.abs(value - b[at]!))) : Infinity;

/** The model's chip, when the photo on the stage has its answers. */
async function expectModel(page: Page, name: RegExp): Promise<void> {
  await expect(page.getByRole('button', { name: /^Model: / })).toHaveAccessibleName(name);
  await expect(thumbnail(page, /^cat\.jpg, live/)).toBeVisible();
}

/** Every layer has a stop, and each can be shown. */
async function lookThrough(page: Page, layers: number): Promise<void> {
  const stops = page.getByRole('group', { name: 'Layer', exact: true }).getByRole('button');
  await expect(stops).toHaveCount(layers);
  for (const stop of await stops.all()) {
    await stop.click();
    await expect(stop).toHaveAttribute('aria-pressed', 'true');
  }
}

for (const [family, layers] of Object.entries(FAMILIES)) {
  test(`${family}: open, look, teach, save, open what was saved`, async ({ page, server }, info) => {
    const folder = smallerCopy(join(SHARED, 'reference', family), info.outputPath(family), SIDE);
    await openReady(page, `${server.url}#sample=cat`);
    await drop(page, [folder]);
    await expectModel(page, new RegExp(`^Model: ${family}$`));
    await lookThrough(page, layers);
    const before = await answers(page);
    expect(before.query.length).toBeGreaterThan(0);

    await drop(page, [...photoPaths.slice(0, 2), ...labelPaths.slice(0, 2)]);
    await expect.poll(() => labelledCount(page)).toBe(2);
    await startRun(page, STEPS);
    await untilStep(page, STEPS, STEPS);
    await page.getByRole('button', { name: 'Use last' }).click();
    await expectModel(page, new RegExp(`^Model: (?!loading )(?!${family}$)`));
    const taught = await answers(page);
    expect(apart(taught.boxes, before.boxes), 'what three steps changed').toBeGreaterThan(SAME);

    await tab(page, 'Train').click();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save the last weights as a checkpoint' }).click();
    const saved = info.outputPath('saved-family.zip');
    await (await download).saveAs(saved);
    await page.reload();
    await waitUntilReady(page);
    await drop(page, [saved]);
    await expectModel(page, new RegExp(`^Model: ${family}-last$`));
    const again = await answers(page);
    expect(again.query).toEqual(taught.query);
    expect(apart(again.score, taught.score), 'scores').toBeLessThanOrEqual(SAME);
    expect(apart(again.boxes, taught.boxes), 'boxes').toBeLessThanOrEqual(SAME);
  });
}
