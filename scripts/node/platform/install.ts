/**
 * What the worker takes from the browser, supplied in Node under the same names: WebGPU, images and canvases, the private file
 * system, files of the app's own address. After this the worker's code runs as it is.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { browserExecutable, type AdapterChoice } from '../../browser';
import { NodeBitmap, NodeCanvas, nodeImageBitmap, NodeImageData, teachContexts } from './bitmap';
import { fetchWithFiles, ORIGIN } from './files';
import { installGpuGlobals, openGpu } from './gpu';
import { DiskDirectory } from './storage';

export interface PlatformOptions {
  adapter: AdapterChoice;
  /** What stands at the app's address: the folder with models/ and samples/. */
  files: string;
}

export interface Platform {
  /** False: there is no WebGPU here (WHY_NO_GPU). */
  gpu: boolean;
  /** Removes what was kept for this process. */
  dispose(): void;
}

const define = (name: string, value: unknown): void => {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: true });
};

/** Once a process, before any of src/kernels or src/workers is imported. */
export async function installPlatform({ adapter, files }: PlatformOptions): Promise<Platform> {
  const kept = mkdtempSync(join(tmpdir(), 'stepdetr-'));
  const remove = (): void => rmSync(kept, { recursive: true, force: true });
  process.once('exit', remove);
  const gpu = await openGpu(adapter, browserExecutable());
  const root = new DiskDirectory(kept);
  installGpuGlobals();
  teachContexts();
  define('self', globalThis);
  define('location', new URL(`${ORIGIN}/`));
  define('navigator', {
    userAgent: `Node.js ${process.versions.node}`,
    language: 'en',
    onLine: true,
    storage: { getDirectory: async () => root, persist: async () => false },
    ...(gpu && { gpu }),
  });
  define('ImageData', NodeImageData);
  define('ImageBitmap', NodeBitmap);
  define('createImageBitmap', nodeImageBitmap);
  define('OffscreenCanvas', NodeCanvas);
  define('fetch', fetchWithFiles(files, globalThis.fetch));
  return {
    gpu: gpu !== null,
    dispose: () => {
      define('navigator', undefined);
      remove();
    },
  };
}
