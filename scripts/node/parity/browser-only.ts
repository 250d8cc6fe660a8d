/**
 * Parity tests that stay in the browser. The rule: a test runs in Node unless what it tests is the browser itself (its decoders, its
 * private file system, its database, its canvas, a worker of its own, frames of a video, WebAssembly beside WebGPU). Each with its
 * reason.
 */

/** Whole files. */
export const BROWSER_ONLY: Readonly<Record<string, string>> = {
  'src/data/images/decode.parity.ts': 'tests the browser’s own decoders, thumbnails and camera',
  'src/data/images/tensor.parity.ts': 'tests how the browser turns bitmaps and sends them to a worker',
  'src/data/augment/augment.parity.ts': 'compares colours with the filters of the browser’s canvas',
  'src/data/autosave/database.parity.ts': 'tests IndexedDB',
  'src/data/opfs.parity.ts': 'tests the browser’s private file system, from a worker',
  'src/data/runs/runs.parity.ts': 'tests the browser’s private file system, from a worker',
  'src/kernels/resize/op.parity.ts': 'tests the browser’s copy of pictures, canvases and video frames into textures',
  'src/workers/fallback.parity.ts': 'compares with WebAssembly, which takes the place of WebGPU in browsers without it',
};

/** Of files that run: `file > describe`, or `file > describe > test`; the setup skips them. A test that is renamed runs again. */
export const BROWSER_ONLY_TESTS: Readonly<Record<string, string>> = {
  'src/train/optimiser.parity.ts > WebAssembly': 'WebAssembly takes the place of WebGPU in browsers without it',
  'src/workers/frames.parity.ts > two frames at once > video frames of the same pixels have the same answers, and are closed':
    'needs VideoFrame',
  'src/models/input.parity.ts > the size of a frame is that it is shown at': 'needs VideoFrame',
};
