/** The bench page: window.bench measures one model in all engines and answers with plain data. */
import type { Best, Engine, EngineName, ModelFiles } from './engines';
import { openOrt } from './ort-engine';
import { openOurs } from './our-engine';

export interface BenchOptions {
  name: string;
  /** Addresses of the checkpoint's files, the ONNX file and the photo. */
  checkpoint: string[];
  onnx: string;
  photo: string;
  side: number;
  /** Warm runs of which the median is taken. */
  runs: number;
}

export interface BenchRow {
  model: string;
  engine: EngineName;
  adapter: string;
  /** From nothing (no worker, no session) to the first boxes. */
  first_ms: number;
  median_ms: number;
  best: Best;
}

declare global {
  interface Window {
    bench?: (options: BenchOptions) => Promise<BenchRow[]>;
  }
}

const WARM_UP = 2;
const OPEN: Record<EngineName, (files: ModelFiles) => Promise<Engine>> = {
  ours: openOurs,
  'onnxruntime-webgpu': (files) => openOrt(files, 'webgpu'),
  'onnxruntime-wasm': (files) => openOrt(files, 'wasm'),
};

async function bytesOf(address: string): Promise<ArrayBuffer> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: expected a file, got HTTP ${response.status}`);
  return response.arrayBuffer();
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Engines that are open at the same time take turns run by run, so that they see the same machine. */
async function measure(names: EngineName[], files: ModelFiles, photo: Blob, runs: number): Promise<BenchRow[]> {
  const opened: { row: BenchRow; engine: Engine; times: number[] }[] = [];
  for (const name of names) {
    const started = performance.now();
    const engine = await OPEN[name](files);
    const best = await engine.detect(photo);
    const first_ms = performance.now() - started;
    const row = { model: files.name, engine: name, adapter: engine.adapter, first_ms, median_ms: Number.NaN, best };
    opened.push({ row, engine, times: [] });
  }
  for (let run = 0; run < WARM_UP + runs; run++) {
    for (const { engine, times } of opened) {
      const started = performance.now();
      await engine.detect(photo);
      if (run >= WARM_UP) times.push(performance.now() - started);
    }
  }
  for (const { engine } of opened) await engine.close();
  return opened.map(({ row, times }) => ({ ...row, median_ms: median(times) }));
}

window.bench = async ({ name, checkpoint, onnx, photo, side, runs }) => {
  const files: ModelFiles = {
    name,
    side,
    onnx: new Uint8Array(await bytesOf(onnx)),
    checkpoint: await Promise.all(
      checkpoint.map(async (address) => new File([await bytesOf(address)], address.replace(/^.*\//, ''))),
    ),
  };
  const picture = new Blob([await bytesOf(photo)], { type: 'image/jpeg' });
  // The WebAssembly threads of the CPU provider would take cores from a software GPU: it runs by itself.
  const gpu = await measure(['ours', 'onnxruntime-webgpu'], files, picture, runs);
  return [...gpu, ...(await measure(['onnxruntime-wasm'], files, picture, runs))];
};
