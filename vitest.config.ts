import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { browserExecutable, webgpuFlags } from './scripts/browser.ts';
import { BROWSER_ONLY } from './scripts/node/parity/browser-only.ts';

const shared = resolve(import.meta.dirname, '../shared');
const executablePath = browserExecutable();

/** Reference answers as the tests fetch them: /@fs/ of Vite in the browser, answered from disk in Node. Vitest changes it: one each. */
const define = (): Record<string, string> => ({
  __SHARED__: JSON.stringify(existsSync(shared) ? `/@fs${shared}` : null),
});
const TENSORFLOW = [
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-backend-webgpu',
  '@tensorflow/tfjs-backend-wasm',
  '@tensorflow/tfjs-core/dist/register_all_gradients',
];
const PARITY = { include: ['src/**/*.parity.ts'], testTimeout: 300_000, hookTimeout: 120_000, fileParallelism: false };

/**
 * Two of the three rings. `unit`: *.test.ts in Node, seconds. `parity`: *.parity.ts in a real Chromium with WebGPU,
 * minutes; it reads ../shared through Vite's /@fs/ where the folder is there (see src/kernels/testing/shared.ts). `parity-node`: the
 * same tests in Node on Dawn, but for those of the browser itself (docs/automation.md).
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: { name: 'unit', environment: 'node', include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'] },
      },
      {
        define: define(),
        server: { fs: { allow: ['.', shared] } },
        optimizeDeps: {
          include: [
            ...TENSORFLOW,
            '@zip.js/zip.js/lib/zip-core-native.js',
            'image-dimensions',
            'yaml',
            'idb',
            '@xmldom/xmldom',
            '@noble/hashes/sha2.js',
            '@noble/hashes/utils.js',
          ],
        },
        test: {
          name: 'parity',
          ...PARITY,
          // One page for all files: TF.js loads once, which is a second and a half a file. Each opens a device of its own.
          isolate: false,
          setupFiles: ['src/kernels/testing/close-devices.ts'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { args: webgpuFlags('software'), ...(executablePath ? { executablePath } : {}) },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        define: define(),
        test: {
          name: 'parity-node',
          ...PARITY,
          exclude: Object.keys(BROWSER_ONLY),
          setupFiles: ['scripts/node/parity/setup.ts'],
          // One process for all files: TF.js and the driver load once. Each file opens a device of its own.
          isolate: false,
          maxWorkers: 1,
          // TF.js's ES modules, so that all of it shares one engine; bundled once, its 1,000 files would take longer than the tests.
          deps: { optimizer: { ssr: { enabled: true, include: TENSORFLOW } } },
        },
      },
    ],
  },
});
