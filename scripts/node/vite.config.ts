import { join, resolve } from 'node:path';
import { defineConfig, type Plugin } from 'vite';
import { NATIVE, PARTS, PROGRAMS } from './programs.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const files = { ...PARTS, ...Object.fromEntries(PROGRAMS.map((name) => [name, `scripts/${name}.ts`])) };

/** Writes packages.json: the names of the packages whose code is in the result. Their licences go with it. */
const listPackages: Plugin = {
  name: 'stepdetr:packages',
  generateBundle() {
    const inside = [...this.getModuleIds()].map((id) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1]);
    const names = [...new Set(inside.filter((name) => name !== undefined))].sort();
    this.emitFile({ type: 'asset', fileName: 'packages.json', source: JSON.stringify(names) });
  },
};

/**
 * The engine, the bench's measurements and the programs as plain JavaScript for Node, everything in it but the native libraries
 * and, for `--runtime browser`, Playwright.
 */
export default defineConfig({
  root: ROOT,
  publicDir: false,
  plugins: [listPackages],
  ssr: { noExternal: true, external: [...NATIVE, 'playwright'] },
  build: {
    ssr: true,
    outDir: 'dist-node',
    emptyOutDir: true,
    target: 'node20',
    minify: false,
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      input: Object.fromEntries(Object.entries(files).map(([name, file]) => [name, join(ROOT, file)])),
    },
  },
});
