/**
 * Parity tests that stay in the browser. The rule: a file runs in Node unless what it tests is the browser itself (its decoders,
 * its private file system, its database, its canvas, a worker of its own, WebAssembly beside WebGPU). Each with its reason.
 */
export const BROWSER_ONLY: Readonly<Record<string, string>> = {
  'src/data/images/decode.parity.ts': 'tests the browser’s own decoders, thumbnails and camera',
  'src/data/images/tensor.parity.ts': 'tests how the browser turns bitmaps and sends them to a worker',
  'src/data/annotations/duplicates.parity.ts': 'compares pictures that the browser’s canvas draws and encodes',
  'src/data/annotations/fingerprint.parity.ts': 'compares pictures that the browser’s canvas draws and encodes',
  'src/data/annotations/read-labels.parity.ts': 'reads pictures that the browser’s canvas draws and encodes',
  'src/data/augment/augment.parity.ts': 'compares colours with the filters of the browser’s canvas',
  'src/data/autosave/database.parity.ts': 'tests IndexedDB',
  'src/data/opfs.parity.ts': 'tests the browser’s private file system, from a worker',
  'src/data/runs/runs.parity.ts': 'tests the browser’s private file system, from a worker',
  'src/kernels/resize/op.parity.ts': 'tests the browser’s copy of pictures, canvases and video frames into textures',
  'src/workers/fallback.parity.ts': 'compares with WebAssembly, which takes the place of WebGPU in browsers without it',
};
