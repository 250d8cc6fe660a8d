/** The fallback without WebGPU: TF.js's WebAssembly backend, with our operations' plain references registered on it. */
import * as tf from '@tensorflow/tfjs-core';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plainUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simdUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import { registerKernels } from './register';

/** Makes WebAssembly the current backend. @returns what to call it */
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
  await tf.setBackend('wasm');
  await tf.ready();
  return 'WebAssembly, 1 thread';
}
