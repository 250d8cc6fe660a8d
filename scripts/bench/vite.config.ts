/** The bench's own small app: our worker beside onnxruntime-web. It is no part of what ships. */
import { resolve } from 'node:path';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    outDir: resolve(import.meta.dirname, '../../dist-bench'),
    emptyOutDir: true,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 4000,
  },
});
