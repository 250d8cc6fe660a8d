/** onnxruntime-web as its users write it: decode, resize on a canvas, numbers to NCHW, run, read the boxes. */
import type * as Ort from 'onnxruntime-web';
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

export async function openOrt({ onnx, side }: ModelFiles, provider: 'webgpu' | 'wasm'): Promise<Engine> {
  const ort = (await import(/* @vite-ignore */ FOLDER + BUNDLE[provider])) as typeof Ort;
  ort.env.wasm.wasmPaths = FOLDER;
  ort.env.wasm.numThreads = navigator.hardwareConcurrency;
  if (provider === 'webgpu') ort.env.webgpu.powerPreference = 'high-performance';
  const session = await ort.InferenceSession.create(onnx, { executionProviders: [provider] });
  const canvas = new OffscreenCanvas(side, side);
  const pen = canvas.getContext('2d', { willReadFrequently: true })!;
  return {
    adapter: provider === 'webgpu' ? await adapterName() : `WebAssembly, ${ort.env.wasm.numThreads} threads`,
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
      const [score, label, box] = [scores!.data, labels!.data, boxes!.data] as [
        Float32Array,
        BigInt64Array,
        Float32Array,
      ];
      const best = score.indexOf(Math.max(...score));
      const at = (side: number): number => box[best * 4 + side]!;
      return { label: Number(label[best]), score: score[best]!, box: [at(0), at(1), at(2), at(3)] };
    },
    close: () => session.release(),
  };
}
