/** navigator.gpu by Dawn (the `webgpu` package), on the machine's Vulkan driver or on a software one. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create, globals } from 'webgpu';
import type { AdapterChoice } from '../../browser';
import { readyPixels } from './bitmap';
import { pacedImmediate } from './polling';

export const WHY_NO_GPU =
  'Dawn found no adapter: it needs libvulkan.so.1 and a Vulkan driver, a GPU’s or a software one (Mesa 23 or newer has lavapipe; a Chromium brings SwiftShader, STEPDETR_BROWSER names it). VK_DRIVER_FILES names a driver';

/** Chromium rounds timestamps to 100 us so that pages cannot spy; here nobody does. */
const FLAGS = ['disable-dawn-features=timestamp_quantization'];

/**
 * The software driver beside a Chromium, as a file for the Vulkan loader; null without one.
 * @param browser path of a Chromium
 */
export function softwareDriver(browser: string | undefined): string | null {
  const folders = [...(browser ? [dirname(browser)] : []), '/usr/lib/chromium', '/opt/google/chrome'];
  const library = folders.map((folder) => join(folder, 'libvk_swiftshader.so')).find((path) => existsSync(path));
  if (library === undefined) return null;
  const folder = mkdtempSync(join(tmpdir(), 'stepdetr-vulkan-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'software.json');
  const ICD = { library_path: library, api_version: '1.1.0' };
  writeFileSync(file, JSON.stringify({ file_format_version: '1.0.0', ICD }));
  return file;
}

/** The Vulkan loader reads the variable whenever an instance is made. */
function withDriver(file: string | null): GPU {
  if (file !== null) process.env['VK_DRIVER_FILES'] = file;
  // Mesa complains on standard error where this is not set.
  process.env['XDG_RUNTIME_DIR'] ??= tmpdir();
  return create(FLAGS);
}

/**
 * WebGPU without a browser. A driver that VK_DRIVER_FILES names is taken whatever the choice.
 * @param choice `default`: the machine's own driver, and the software one where that has no adapter
 * @returns null where there is no adapter at all
 */
export async function openGpu(choice: AdapterChoice, browser: string | undefined): Promise<GPU | null> {
  const named = process.env['VK_DRIVER_FILES'] ?? process.env['VK_ICD_FILENAMES'];
  const software = named === undefined ? softwareDriver(browser) : null;
  const tries = choice === 'software' && software !== null ? [software] : [null, software];
  for (const driver of new Set(tries)) {
    const gpu = withDriver(driver);
    if (await gpu.requestAdapter()) return gpu;
  }
  return null;
}

/** Copies pixels where a browser would copy the picture itself: rows of `origin`'s rectangle, straight alpha. */
function copyPixels(
  this: GPUQueue,
  { source, origin = {} }: GPUCopyExternalImageSourceInfo,
  destination: GPUCopyExternalImageDestInfo,
  size: GPUExtent3DStrict,
): void {
  const { width, data } = readyPixels(source as unknown as Parameters<typeof readyPixels>[0]);
  const [x = 0, y = 0] = Symbol.iterator in origin ? [...origin] : [origin.x, origin.y];
  this.writeTexture(destination, data, { offset: (y * width + x) * 4, bytesPerRow: width * 4 }, size);
}

/** GPUBufferUsage and its like, the one method that Dawn has in browsers only, and the pace at which Dawn looks at the GPU. */
export function installGpuGlobals(): void {
  Object.assign(globalThis, globals, { setImmediate: pacedImmediate(setImmediate as never) });
  const { GPUQueue } = globals as unknown as { GPUQueue: { prototype: GPUQueue } };
  GPUQueue.prototype.copyExternalImageToTexture = copyPixels as GPUQueue['copyExternalImageToTexture'];
}
