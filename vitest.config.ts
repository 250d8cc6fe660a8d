import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { browserExecutable, webgpuFlags } from './scripts/browser.ts';

const shared = resolve(import.meta.dirname, '../shared');
const executablePath = browserExecutable();

/**
 * Two of the three rings. `unit`: *.test.ts in Node, seconds. `parity`: *.parity.ts in a real Chromium with WebGPU,
 * minutes; it reads ../shared through Vite's /@fs/ where the folder is there (see src/kernels/testing/shared.ts).
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: { name: 'unit', environment: 'node', include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'] },
      },
      {
        define: { __SHARED__: JSON.stringify(existsSync(shared) ? `/@fs${shared}` : null) },
        server: { fs: { allow: ['.', shared] } },
        optimizeDeps: {
          include: [
            '@tensorflow/tfjs-core',
            '@tensorflow/tfjs-backend-webgpu',
            '@tensorflow/tfjs-backend-wasm',
            '@zip.js/zip.js/lib/zip-core-native.js',
            'image-dimensions',
            'yaml',
            'idb',
            '@xmldom/xmldom',
            '@noble/hashes/sha2.js',
            '@noble/hashes/utils.js',
            '@tensorflow/tfjs-core/dist/register_all_gradients',
          ],
        },
        test: {
          name: 'parity',
          include: ['src/**/*.parity.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
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
    ],
  },
});
