import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

/** Cross-origin isolation, as the programs' own server has it: finer timers. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** After the first visit the page needs no network: code, embedded model and samples are kept by a service worker. */
const offline = VitePWA({
  registerType: 'autoUpdate',
  // src/main.tsx registers it when the model is there: it fetches everything once more.
  injectRegister: null,
  workbox: {
    globPatterns: ['**/*.{html,js,css,wasm,json,safetensors,jpg,png,svg,webmanifest}'],
    // The embedded model's two files have about 3.5 MB each.
    maximumFileSizeToCacheInBytes: 8 * 2 ** 20,
    cleanupOutdatedCaches: true,
    // A link to a view has its state after the #; there is only one page.
    navigateFallback: 'index.html',
  },
  manifest: {
    name: 'StepDETR',
    short_name: 'StepDETR',
    description:
      'An object detector that runs in this browser tab, on WebGPU, with every decoder layer to look through.',
    start_url: './',
    scope: './',
    display: 'standalone',
    background_color: '#14171a',
    theme_color: '#14171a',
    icons: [
      { src: 'icons/icon-192.png', sizes: '192x192', type: 'image/png' },
      { src: 'icons/icon-512.png', sizes: '512x512', type: 'image/png' },
      { src: 'icons/icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
      { src: 'icons/icon.svg', sizes: 'any', type: 'image/svg+xml' },
    ],
  },
});

export default defineConfig({
  base: './',
  plugins: [react(), offline],
  worker: { format: 'es' },
  server: { headers: isolation },
  preview: { headers: isolation },
  // The page's own script is held under 600 kB gzipped by e2e/first-visit.spec.ts; the worker's loads beside it.
  build: { target: 'es2023', chunkSizeWarningLimit: 1200 },
});
