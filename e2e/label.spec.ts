import AxeBuilder from '@axe-core/playwright';
import type { CDPSession, Page } from '@playwright/test';
import { fitView, type View } from '../src/ui/drawing/view';
import { expect, openReady, test, thumbnail, waitUntilReady } from './fixtures';

/** Of public/samples/astronaut.jpg. */
const IMAGE = { width: 512, height: 512 };
/** CSS pixels that the stage leaves around a fitted image. */
const MARGIN = 12;

const stage = (page: Page) => page.locator('[data-mode]');
const rows = (page: Page) => page.getByRole('list', { name: 'Boxes of this image' }).getByRole('listitem');

/** Where pixels of the image are in the window. */
async function viewOf(page: Page): Promise<View> {
  const frame = (await stage(page).boundingBox())!;
  const view = fitView(IMAGE, frame, MARGIN);
  return { ...view, x: view.x + frame.x, y: view.y + frame.y };
}

/** Drags between two points of the image. */
async function drag(page: Page, from: readonly [number, number], to: readonly [number, number]): Promise<void> {
  const { scale, x, y } = await viewOf(page);
  await page.mouse.move(from[0] * scale + x, from[1] * scale + y);
  await page.mouse.down();
  await page.mouse.move(((from[0] + to[0]) / 2) * scale + x, to[1] * scale + y);
  await page.mouse.move(to[0] * scale + x, to[1] * scale + y);
  await page.mouse.up();
}

async function click(page: Page, [px, py]: readonly [number, number]): Promise<void> {
  const { scale, x, y } = await viewOf(page);
  await page.mouse.click(px * scale + x, py * scale + y);
}

/** Class and box of every label on the first image, as the automation tells them. */
const labelled = (page: Page): Promise<{ class: string; box: number[] }[]> =>
  page.evaluate(async () => {
    const report = await window.stepdetr!.labels();
    if (!report.ok) throw new Error(report.error.message);
    return report.value.images.flatMap(({ boxes }) =>
      boxes.map((each) => ({ class: each.class, box: each.box.map((edge) => Math.round(edge)) })),
    );
  });

/** Screens have whole pixels: an edge may lie one image pixel beside where the test points. */
async function expectLabels(page: Page, expected: { class: string; box: number[] }[]): Promise<void> {
  await expect(rows(page)).toHaveCount(expected.length);
  const found = await labelled(page);
  expect(found.map((each) => each.class)).toEqual(expected.map((each) => each.class));
  found.forEach(({ box }, index) =>
    box.forEach((edge, at) =>
      expect(Math.abs(edge - expected[index]!.box[at]!), `box ${index}`).toBeLessThanOrEqual(1),
    ),
  );
}

test('boxes are drawn, pulled at, undone, given a class, and still there after a reload', async ({ page, server }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await openReady(page, `${server.url}#sample=astronaut`);
  await expect(thumbnail(page, /^astronaut\.jpg, live/)).toBeVisible();
  await page.keyboard.press('l');
  await expect(page.getByRole('tab', { name: 'Label', exact: true })).toHaveAttribute('aria-selected', 'true');
  for (const name of ['face', 'badge']) {
    await page.getByRole('textbox', { name: 'New class' }).fill(name);
    await page.keyboard.press('Enter');
  }
  await page.getByRole('button', { name: /^face/ }).first().click();

  await drag(page, [180, 40], [300, 200]);
  await expectLabels(page, [{ class: 'face', box: [180, 40, 300, 200] }]);
  await drag(page, [400, 330], [330, 250]);
  const [face, second] = [
    { class: 'face', box: [180, 40, 300, 200] },
    { class: 'face', box: [330, 250, 400, 330] },
  ];
  await expectLabels(page, [face, second]);

  await page.keyboard.press('Control+z');
  await expectLabels(page, [face]);
  await page.keyboard.press('Control+Shift+z');
  await expectLabels(page, [face, second]);

  // A click selects; a key gives the class; a handle resizes and turns the box over; inside moves; arrows nudge.
  await click(page, [365, 290]);
  await page.keyboard.press('2');
  await expectLabels(page, [face, { ...second, class: 'badge' }]);
  await drag(page, [400, 290], [310, 290]);
  await expectLabels(page, [face, { class: 'badge', box: [310, 250, 330, 330] }]);
  await drag(page, [320, 290], [330, 300]);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowDown');
  const badge = { class: 'badge', box: [321, 270, 341, 350] };
  await expectLabels(page, [face, badge]);

  // Esc ends a drag without a trace.
  const { scale, x, y } = await viewOf(page);
  await page.mouse.move(20 * scale + x, 400 * scale + y);
  await page.mouse.down();
  await page.mouse.move(90 * scale + x, 480 * scale + y, { steps: 3 });
  await page.keyboard.press('Escape');
  await page.mouse.up();
  await expectLabels(page, [face, badge]);

  await page.reload();
  await waitUntilReady(page);
  await expect(page.getByRole('tab', { name: 'Label', exact: true })).toHaveAttribute('aria-selected', 'true');
  await expectLabels(page, [face, badge]);
  await expect(thumbnail(page, /^astronaut\.jpg, .*2 labels/)).toBeVisible();

  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html) }))).toEqual([]);
  }
});

test('predictions become labels, one by one and all at once', async ({ page, server }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await openReady(page, `${server.url}#sample=astronaut&threshold=0.3`);
  await expect(thumbnail(page, /^astronaut\.jpg, live/)).toBeVisible();
  await page.keyboard.press('l');
  const accept = page.getByRole('button', { name: /^Accept \d+ predictions?$/ });
  await expect(accept).toBeVisible();
  const open = Number(/\d+/.exec(await accept.innerText())![0]);
  await page.keyboard.press('a');
  await expect(rows(page)).toHaveCount(open);
  await expect(page.getByRole('button', { name: 'Accept predictions' })).toBeDisabled();

  await page.keyboard.press('Control+z');
  await expect(rows(page)).toHaveCount(0);
  await click(page, [190, 400]);
  await page.keyboard.press('Enter');
  await expectLabels(page, [{ class: 'person', box: (await labelled(page))[0]!.box }]);

  // Del takes the label away, and never the image.
  await page.keyboard.press('Delete');
  await page.keyboard.press('Delete');
  await expect(rows(page)).toHaveCount(0);
  await expect(thumbnail(page, /^astronaut\.jpg/)).toBeVisible();

  // The same by a double click; Ctrl+D and N make more of it.
  const { scale, x, y } = await viewOf(page);
  await page.mouse.dblclick(190 * scale + x, 400 * scale + y);
  await expect(rows(page)).toHaveCount(1);
  await page.keyboard.press('Control+d');
  await page.keyboard.press('n');
  await expect(rows(page)).toHaveCount(3);
});

test.describe('on a touch screen', () => {
  test.use({ hasTouch: true, viewport: { width: 390, height: 844 } });

  /** Fingers at points of the image as it is fitted. */
  async function touch(
    page: Page,
    devtools: CDPSession,
    type: 'touchStart' | 'touchMove' | 'touchEnd',
    ...points: (readonly [number, number])[]
  ): Promise<void> {
    const { scale, x, y } = await viewOf(page);
    const touchPoints = points.map(([px, py], id) => ({ x: px * scale + x, y: py * scale + y, id }));
    await devtools.send('Input.dispatchTouchEvent', { type, touchPoints });
  }

  test('one finger draws, two zoom and leave no box', async ({ page, server }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await openReady(page, `${server.url}#sample=astronaut`);
    await page.getByRole('radio', { name: 'Label' }).tap();
    await expect(stage(page)).toHaveAttribute('data-mode', 'label');
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wide, 'pixels that stand out to the right').toBeLessThanOrEqual(0);
    const devtools = await page.context().newCDPSession(page);

    await touch(page, devtools, 'touchStart', [100, 100]);
    await touch(page, devtools, 'touchMove', [200, 180]);
    await touch(page, devtools, 'touchMove', [250, 240]);
    await touch(page, devtools, 'touchEnd');
    const drawn = [{ class: 'object', box: [100, 100, 250, 240] }];
    await expectLabels(page, drawn);

    await touch(page, devtools, 'touchStart', [200, 350]);
    await touch(page, devtools, 'touchMove', [230, 370]);
    await touch(page, devtools, 'touchStart', [230, 370], [300, 300]);
    await touch(page, devtools, 'touchMove', [130, 470], [400, 200]);
    await touch(page, devtools, 'touchEnd');
    await expectLabels(page, drawn);
    // Zoomed in, the same finger's way is a shorter one on the image.
    await page.getByRole('button', { name: 'Undo' }).first().tap();
    await touch(page, devtools, 'touchStart', [100, 100]);
    await touch(page, devtools, 'touchMove', [250, 240]);
    await touch(page, devtools, 'touchEnd');
    await expect(rows(page)).toHaveCount(1);
    const [x0, , x1] = (await labelled(page))[0]!.box as [number, number, number, number];
    expect(x1 - x0).toBeGreaterThan(10);
    expect(x1 - x0).toBeLessThan(100);
  });
});
