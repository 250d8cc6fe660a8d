/** Photo to boxes in every engine. */
import { agreementOf, type Detection } from '../agreement';
import { median } from '../statistics';
import type { DetectionOptions, DetectionRow, EngineName } from '../types';
import type { Engine, ModelFiles } from './engines';
import { say } from './say';
import { runsFor, takeTurns, timed } from './turns';

/** How engines are opened where this runs: in Node there is only ours. */
export type OpenEngines = { ours: OpenEngine } & Partial<Record<EngineName, OpenEngine>>;
type OpenEngine = (files: ModelFiles) => Promise<Engine>;

/** Detections of ours that must be found in the other's answers; scores 0..1, box sides as fractions of the photo. */
const COMPARED = 50;
const MOST_DIFFERENCE = 1e-3;

async function bytesOf(address: string): Promise<ArrayBuffer> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: expected a file, got HTTP ${response.status}`);
  return response.arrayBuffer();
}

/** The photo at the model's own size, without loss: there every engine's resize leaves the pixels as they are. */
async function atSize(photo: Blob, side: number): Promise<Blob> {
  const canvas = new OffscreenCanvas(side, side);
  canvas.getContext('2d')!.drawImage(await createImageBitmap(photo), 0, 0, side, side);
  return canvas.convertToBlob({ type: 'image/png' });
}

interface Pictures {
  photo: Blob;
  /** At the model's size. */
  exact: Blob;
}

interface Opened {
  engine: Engine;
  row: DetectionRow;
  /** Of the picture at the model's size. */
  answers: Detection[];
}

/** First call, then one warm call, which gives the answers to compare and says how slow it is. */
async function open(
  name: EngineName,
  openEngine: OpenEngine,
  files: ModelFiles,
  { photo, exact }: Pictures,
  options: DetectionOptions,
): Promise<Opened> {
  const started = performance.now();
  const engine = await openEngine(files);
  await engine.detect(photo);
  const first_ms = performance.now() - started;
  let answers: Detection[] = [];
  const warm = await timed(async () => (answers = await engine.detect(exact)));
  say(`${files.name}, ${name}: first ${first_ms.toFixed(0)} ms, then ${warm.toFixed(0)} ms`);
  const times = {
    first_ms,
    median_ms: Number.NaN,
    least_ms: Number.NaN,
    runs: name === 'tfjs' ? options.slowRuns : runsFor(warm, options),
  };
  return { engine, answers, row: { model: files.name, engine: name, device: engine.device, ...times } };
}

/** Engines that are open at the same time take turns run by run. */
async function measure(
  engines: OpenEngines,
  names: EngineName[],
  files: ModelFiles,
  pictures: Pictures,
  options: DetectionOptions,
) {
  const opened: Opened[] = [];
  for (const name of names) {
    const openEngine = engines[name];
    if (openEngine) opened.push(await open(name, openEngine, files, pictures, options));
  }
  const times = await takeTurns(
    opened.map(({ engine, row }) => ({ run: () => engine.detect(pictures.photo), runs: row.runs })),
  );
  for (const { engine } of opened) await engine.close();
  opened.forEach(({ row }, i) =>
    Object.assign(row, { median_ms: median(times[i]!), least_ms: Math.min(...times[i]!) }),
  );
  return opened;
}

export async function detection(options: DetectionOptions, engines: OpenEngines): Promise<DetectionRow[]> {
  const { model, checkpoint, onnx, photo, side, plain } = options;
  const files: ModelFiles = {
    name: model,
    side,
    onnx: onnx === null ? null : new Uint8Array(await bytesOf(onnx)),
    checkpoint: await Promise.all(
      checkpoint.map(async (address) => new File([await bytesOf(address)], address.replace(/^.*\//, ''))),
    ),
  };
  const picture = new Blob([await bytesOf(photo)], { type: 'image/jpeg' });
  const pictures = { photo: picture, exact: await atSize(picture, side) };
  const others = (name: EngineName): EngineName[] => (onnx === null ? [] : [name]);
  const tfjs: EngineName[] = plain ? ['tfjs'] : [];
  // The WebAssembly threads of the CPU provider would take cores from a software GPU: it runs by itself.
  const gpu = await measure(engines, ['ours', ...others('onnxruntime-webgpu'), ...tfjs], files, pictures, options);
  const all = [...gpu, ...(await measure(engines, others('onnxruntime-wasm'), files, pictures, options))];
  const ours = all[0]!.answers.slice(0, COMPARED);
  return all.map(({ row, answers }, i) =>
    i === 0 ? row : { ...row, agreement: agreementOf(ours, answers, MOST_DIFFERENCE) },
  );
}
