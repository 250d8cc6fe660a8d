/** The fallback without WebGPU: TF.js's WebAssembly backend, with our operations' plain references registered on it. */
import * as tf from '@tensorflow/tfjs-core';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plainUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simdUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import { DetectorError } from '../lib/errors';
import { registerKernels } from './register';

/**
 * Makes WebAssembly the current backend.
 * @returns what to call it
 * @throws DetectorError `device` where the browser cannot run it
 */
export async function openWasm(): Promise<string> {
  // TF.js starts its threads from the text of a function of its own, which does not survive bundling.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  setWasmPaths({
    'tfjs-backend-wasm.wasm': plainUrl,
    'tfjs-backend-wasm-simd.wasm': simdUrl,
    // Never fetched, but TF.js asks for an address.
    'tfjs-backend-wasm-threaded-simd.wasm': simdUrl,
  });
  registerKernels();
  // TF.js says so and stays on the backend that it had
  if (!(await tf.setBackend('wasm')))
    throw new DetectorError('device', 'WebAssembly', 'expected it to start, but it did not');
  return 'WebAssembly, 1 thread';
}
