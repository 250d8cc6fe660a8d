import type { Page } from '@playwright/test';
import { join } from 'node:path';
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
import { serveMirror } from './mirror';

const CHIP = /^Model: /;

test('a dropped checkpoint folder becomes the model, and a reload keeps it', async ({ page, server }) => {
  test.skip(!sharedIsHere, WHY_SKIPPED);
  await openReady(page, server.url);
  const chip = page.getByRole('button', { name: CHIP });
  await expect(chip).toHaveAccessibleName('Model: StepDETR-S');

  await drop(page, [join(SHARED, 'weights/deimv2_atto_coco')]);
  await expect(chip).toHaveAccessibleName('Model: deimv2_atto_coco');
  await expect(thumbnail(page, /^cat\.jpg, live/)).toBeVisible();

  await page.reload();
  await waitUntilReady(page);
  await expect(chip).toHaveAccessibleName('Model: deimv2_atto_coco');
  await chip.click();
  const here = page.getByRole('list', { name: 'On this machine' }).getByRole('listitem');
  await expect(here.filter({ hasText: 'deimv2_atto_coco' })).toHaveAttribute('aria-current', 'true');
});

const catalogue = (page: Page) => page.getByRole('region', { name: 'Published models' });

test('the published models are listed, sorted and filtered, and the one in use says so', async ({ page, server }) => {
  await openReady(page, server.url);
  await expect(thumbnail(page, /^cat\.jpg, live/)).toBeVisible();
  await page.getByRole('button', { name: CHIP }).click();
  const rows = catalogue(page).locator('tbody').getByRole('row');
  await expect(rows.filter({ hasText: 'StepDETR-S' })).toContainText(/\d\sms here/);
  await catalogue(page).getByRole('button', { name: 'AP', exact: true }).click();
  await expect(rows.first()).toContainText('rtdetr_r101vd_coco_o365');
  await expect(catalogue(page).getByRole('columnheader', { name: 'AP' })).toHaveAttribute('aria-sort', 'descending');
  await catalogue(page).getByRole('searchbox').fill('d-fine nano');
  await expect(rows).toHaveCount(1);
  await expect(rows.getByRole('button', { name: 'Download ustc-community/dfine-nano-coco' })).toBeEnabled();
  await catalogue(page).getByRole('searchbox').fill('yolo');
  await expect(catalogue(page).getByRole('status')).toContainText('No published model has “yolo”');
});

/** Everything that the browser keeps for this page, as one text. */
async function everythingKept(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const texts = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie, location.href];
    const walk = async (folder: FileSystemDirectoryHandle): Promise<void> => {
      for await (const [name, handle] of folder as unknown as AsyncIterable<[string, FileSystemHandle]>) {
        texts.push(name);
        if (handle.kind === 'directory') await walk(handle as FileSystemDirectoryHandle);
        else texts.push(await (await (handle as FileSystemFileHandle).getFile()).text());
      }
    };
    await walk(await navigator.storage.getDirectory());
    for (const { name } of await indexedDB.databases()) {
      const open = indexedDB.open(name!);
      const db = await new Promise<IDBDatabase>((done) => (open.onsuccess = () => done(open.result)));
      for (const store of db.objectStoreNames) {
        const all = db.transaction(store).objectStore(store).getAll();
        texts.push(JSON.stringify(await new Promise((done) => (all.onsuccess = () => done(all.result)))));
      }
      db.close();
    }
    return texts.join('\n');
  });
}

test('a mirror is asked with a token, which is kept nowhere; what is no address is refused', async ({
  page,
  server,
  origins,
}) => {
  test.skip(!sharedIsHere, WHY_SKIPPED);
  const [repo, token] = ['somebody/private-atto', 'hf_doNotKeepThisAnywhere'];
  const mirror = await serveMirror(repo, join(SHARED, 'weights/deimv2_atto_coco'), token);
  origins.add(new URL(mirror.url).origin);
  try {
    await openReady(page, server.url);
    await page.getByRole('button', { name: CHIP }).click();
    await page.getByText('Mirror and access token').click();
    const address = page.getByRole('textbox', { name: 'Download from' });
    const use = page.getByRole('button', { name: 'Use', exact: true });
    for (const wrong of ['hf mirror', 'http://hf-mirror.com']) {
      await address.fill(wrong);
      await use.click();
      await expect(page.getByRole('alert')).toContainText(`Expected an address that begins with https://`);
      await expect(page.getByRole('alert')).toContainText(wrong);
    }
    await address.fill(`${mirror.url}/`);
    await use.click();
    await expect(page.getByRole('alert')).toHaveCount(0);
    await page.getByLabel('Access token').fill(token);
    await page.getByRole('combobox', { name: 'From the Hugging Face hub' }).fill(repo);
    await page.getByRole('button', { name: 'Download', exact: true }).click();
    await expect(page.getByRole('button', { name: CHIP })).toHaveAccessibleName(`Model: ${repo}`);
    expect(mirror.requests.length).toBeGreaterThan(2);
    expect(mirror.requests.filter(({ authorization }) => authorization !== `Bearer ${token}`)).toEqual([]);
    const kept = await everythingKept(page);
    expect(kept).toContain(mirror.url);
    expect(kept).toContain(repo);
    expect(kept).not.toContain(token);

    await page.reload();
    await waitUntilReady(page);
    await page.getByRole('button', { name: CHIP }).click();
    await page.getByText('Mirror and access token').click();
    await expect(address).toHaveValue(mirror.url);
    await expect(page.getByLabel('Access token')).toHaveValue('');
  } finally {
    await mirror.close();
  }
});
