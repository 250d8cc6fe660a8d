/** Every engine of a browser. */
import type { OpenEngines } from './detection';

export const BROWSER_ENGINES: OpenEngines = {
  ours: async (files) => (await import('./our-engine')).openOurs(files),
  'onnxruntime-webgpu': async (files) => (await import('./ort-engine')).openOrt(files, 'webgpu'),
  'onnxruntime-wasm': async (files) => (await import('./ort-engine')).openOrt(files, 'wasm'),
  tfjs: async (files) => (await import('./tfjs-engine')).openTfjs(files),
};
