/** The bench's measurements as plain JavaScript for Node, everything in it but the native libraries. */
import { join, resolve } from 'node:path';
import { defineConfig } from 'vite';
import { NATIVE } from '../../node/programs.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

export default defineConfig({
  root: ROOT,
  publicDir: false,
  ssr: { noExternal: true, external: [...NATIVE, 'playwright'] },
  build: {
    ssr: true,
    outDir: 'dist-bench-node',
    emptyOutDir: true,
    target: 'node20',
    minify: false,
    chunkSizeWarningLimit: 4000,
    rolldownOptions: { input: { child: join(ROOT, 'scripts/bench/node/child.ts') } },
  },
});
