/** onnxruntime-web as its users write it: decode, resize on a canvas, numbers to NCHW, run, read the boxes. */
import type * as Ort from 'onnxruntime-web';
import type { Detection } from '../agreement';
import type { Engine, ModelFiles } from './engines';

/** The package's own files, served unchanged beside the bench page. */
const FOLDER = new URL('./ort/', document.baseURI).href;
const BUNDLE = { webgpu: 'ort.webgpu.bundle.min.mjs', wasm: 'ort.wasm.bundle.min.mjs' };

/** RGBA bytes to [3,side,side] planes in 0..1, as the checkpoints' preprocessor_config.json asks. */
function planes(pixels: Uint8ClampedArray, side: number): Float32Array {
  const area = side * side;
  const out = new Float32Array(3 * area);
  for (let i = 0; i < area; i++) {
    out[i] = pixels[4 * i]! / 255;
    out[area + i] = pixels[4 * i + 1]! / 255;
    out[2 * area + i] = pixels[4 * i + 2]! / 255;
  }
  return out;
}

async function adapterName(): Promise<string> {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  const info = adapter?.info;
  return info ? [info.vendor, info.architecture, info.description].filter(Boolean).join(' ') : 'none';
}

/** @param boxes x0, y0, x1, y1 in pixels of the photo; clipped to it, as ours are */
function answersOf(
  labels: BigInt64Array,
  boxes: Float32Array,
  scores: Float32Array,
  [width, height]: readonly [number, number],
): Detection[] {
  const side = (i: number, at: number): number =>
    Math.min(Math.max(boxes[4 * i + at]! / (at % 2 === 0 ? width : height), 0), 1);
  const all = Array.from(scores, (score, i): Detection => {
    return { label: Number(labels[i]), score, box: [side(i, 0), side(i, 1), side(i, 2), side(i, 3)] };
  });
  return all.sort((a, b) => b.score - a.score);
}

/** @throws Error when the model has no ONNX file */
export async function openOrt({ name, onnx, side }: ModelFiles, provider: 'webgpu' | 'wasm'): Promise<Engine> {
  if (!onnx) throw new Error(`${name}: expected an ONNX file, there is none`);
  const ort = (await import(/* @vite-ignore */ FOLDER + BUNDLE[provider])) as typeof Ort;
  ort.env.wasm.wasmPaths = FOLDER;
  ort.env.wasm.numThreads = navigator.hardwareConcurrency;
  if (provider === 'webgpu') ort.env.webgpu.powerPreference = 'high-performance';
  const session = await ort.InferenceSession.create(onnx, { executionProviders: [provider] });
  const canvas = new OffscreenCanvas(side, side);
  const pen = canvas.getContext('2d', { willReadFrequently: true })!;
  return {
    device: provider === 'webgpu' ? await adapterName() : `WebAssembly, ${ort.env.wasm.numThreads} threads`,
    async detect(photo) {
      const bitmap = await createImageBitmap(photo);
      const { width, height } = bitmap;
      pen.drawImage(bitmap, 0, 0, side, side);
      bitmap.close();
      const { data } = pen.getImageData(0, 0, side, side);
      const { labels, boxes, scores } = await session.run({
        images: new ort.Tensor('float32', planes(data, side), [1, 3, side, side]),
        orig_target_sizes: new ort.Tensor('int64', BigInt64Array.of(BigInt(width), BigInt(height)), [1, 2]),
      });
      return answersOf(labels!.data as BigInt64Array, boxes!.data as Float32Array, scores!.data as Float32Array, [
        width,
        height,
      ]);
    },
    close: () => session.release(),
  };
}
