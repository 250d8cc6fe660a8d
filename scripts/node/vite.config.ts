import { join, resolve } from 'node:path';
import { defineConfig } from 'vite';
import { NATIVE, PROGRAMS } from './programs.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/**
 * The engine and the programs as plain JavaScript for Node, everything in it but the native libraries and, for
 * `--runtime browser`, Playwright.
 */
export default defineConfig({
  root: ROOT,
  publicDir: false,
  ssr: { noExternal: true, external: [...NATIVE, 'playwright'] },
  build: {
    ssr: true,
    outDir: 'dist-node',
    emptyOutDir: true,
    target: 'node20',
    minify: false,
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      input: {
        engine: join(ROOT, 'scripts/node/engine.ts'),
        ...Object.fromEntries(PROGRAMS.map((name) => [name, join(ROOT, `scripts/${name}.ts`)])),
      },
    },
  },
});
