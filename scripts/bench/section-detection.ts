/** Photo to boxes: ours beside onnxruntime-web and plain TF.js. */
import { addressesOf, exportCommand, MODELS, type BenchModel } from './models';
import type { Measured, SectionOptions } from './sections';
import type { Session } from './session';
import { number, table } from './table';
import type { Bound, DetectionRow, EngineName } from './types';

const PHOTO = 'samples/astronaut.jpg';
const TITLES: Record<EngineName, string> = {
  ours: 'ours',
  'onnxruntime-webgpu': 'onnxruntime-web, WebGPU',
  'onnxruntime-wasm': 'onnxruntime-web, WebAssembly',
  tfjs: 'plain TF.js, WebGPU',
};
/** Engines of which fewer detections are ours too do not compute the same model. */
const LEAST_SHARE = 0.95;

/** @throws Error when an engine's detections are not ours: then the times would say nothing */
function requireSameAnswers(rows: readonly DetectionRow[]): void {
  for (const { model, engine, agreement } of rows) {
    if (agreement && !(agreement.share >= LEAST_SHARE)) {
      const { share, bound, median } = agreement;
      throw new Error(
        `${model}: ${engine} has ${(100 * share).toFixed(0)} % of our detections within ${bound}, expected ` +
          `${100 * LEAST_SHARE} % (median difference ${median.toExponential(1)}): not the same model`,
      );
    }
  }
}

const rowOf = (rows: readonly DetectionRow[], model: string, engine: EngineName): DetectionRow | undefined =>
  rows.find((row) => row.model === model && row.engine === engine);

function printed(models: readonly BenchModel[], rows: readonly DetectionRow[]): string {
  const lines = rows.map((row) => {
    const ours = rowOf(rows, row.model, 'ours')!;
    const { agreement } = row;
    return [
      models.find(({ name }) => name === row.model)!.title,
      TITLES[row.engine],
      number(row.first_ms, 0),
      number(row.median_ms, 1),
      `${row.runs}`,
      number(row.median_ms / ours.median_ms, 2),
      agreement ? `${number(100 * agreement.share, 0)} %` : '',
    ];
  });
  return table(['model', 'engine', 'first ms', 'median ms', 'runs', 'x ours', 'same answers'], lines);
}

function boundsOf(models: readonly BenchModel[], rows: readonly DetectionRow[]): Bound[] {
  return models.flatMap(({ name, title, most }) => {
    const theirs = rowOf(rows, name, 'onnxruntime-webgpu');
    if (!theirs) return [];
    const value = rowOf(rows, name, 'ours')!.median_ms / theirs.median_ms;
    return [{ name: `${title}: ours / onnxruntime-web's WebGPU`, value, most }];
  });
}

export async function detectionSection(session: Session, options: SectionOptions): Promise<Measured> {
  const { folders, models: wanted, runs, slowRuns, slowMs } = options;
  const models = MODELS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  const rows: DetectionRow[] = [];
  const notes: string[] = [];
  for (const model of models) {
    const addresses = await addressesOf(model, folders, session.addresses);
    if (addresses.onnx === null) notes.push(`${model.title}: no ONNX file; ${exportCommand(folders)} makes it`);
    const { name, side, plain } = model;
    const measured = await session.measure('detection', {
      ...{ model: name, side, plain, photo: PHOTO, runs, slowRuns, slowMs },
      ...addresses,
    });
    requireSameAnswers(measured);
    rows.push(...measured);
  }
  const heading = `photo (${PHOTO}, 512 x 512 JPEG) to boxes; plain TF.js, and what takes over ${slowMs} ms: ${slowRuns} runs`;
  return {
    rows,
    text: [heading, printed(models, rows), ...notes].join('\n'),
    bounds: boundsOf(models, rows),
    adapter: rows[0]!.device,
  };
}
