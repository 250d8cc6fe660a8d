import { chromium } from '@playwright/test';
import { browserExecutable } from '../scripts/browser';
import { detections, expect, test, waitUntilReady } from './fixtures';

/** No WebGPU flag, and none of the browser's own: the page must say so and go on. */
const WITHOUT_WEBGPU = ['--no-sandbox', '--disable-features=WebGPU,WebGPUService', '--disable-gpu', '--disable-quic'];

test('without WebGPU the page says how to get it and detects in WebAssembly', async ({ server }) => {
  const executablePath = browserExecutable();
  const browser = await chromium.launch({ args: WITHOUT_WEBGPU, ...(executablePath ? { executablePath } : {}) });
  try {
    const page = await browser.newPage();
    await page.goto(server.url);
    await waitUntilReady(page);
    const device = await page.evaluate(() => window.stepdetr!.device());
    expect(device).toMatchObject({ ok: true, value: { backend: 'wasm', fallbackReason: { code: 'device' } } });
    await expect(page.getByRole('status', { name: 'Messages' })).toContainText(/WebGPU.*runs in WebAssembly/);
    await expect(page.getByRole('button', { name: /WebAssembly/ })).toBeVisible();
    await expect(page.getByText('live', { exact: true })).toBeVisible();
    await expect(detections(page).first()).toContainText('cat');
  } finally {
    await browser.close();
  }
});
