/** The fallback without WebGPU: TF.js's WebAssembly backend, with our operations' plain references registered on it. */
import * as tf from '@tensorflow/tfjs-core';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plainUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simdUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threadedUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import { registerKernels } from './register';

/** Makes WebAssembly the current backend. @returns what to call it, "WebAssembly, 4 threads" */
export async function openWasm(): Promise<string> {
  setWasmPaths({
    'tfjs-backend-wasm.wasm': plainUrl,
    'tfjs-backend-wasm-simd.wasm': simdUrl,
    'tfjs-backend-wasm-threaded-simd.wasm': threadedUrl,
  });
  registerKernels();
  await tf.setBackend('wasm');
  await tf.ready();
  const threads = self.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
  return threads > 1 ? `WebAssembly, ${threads} threads` : 'WebAssembly, 1 thread';
}
