/** What `npm run evaluate` says, as JSON and as lines of text. */
import type { CocoNumbers, EvaluationResult, LayerEvaluation, LayerId, StageTimes } from '../../src/lib/types';

export interface EvaluationReport {
  model: string;
  adapter: string;
  images: number;
  /** Mean milliseconds of an image. */
  ms: StageTimes;
  layers: LayerReport[];
}

/** The twelve numbers in COCO's order. */
const NUMBERS = [
  'AP',
  'AP50',
  'AP75',
  'APs',
  'APm',
  'APl',
  'AR1',
  'AR10',
  'AR100',
  'ARs',
  'ARm',
  'ARl',
] as const satisfies (keyof CocoNumbers)[];
const STAGES = ['decode', 'resize', 'model', 'post'] as const satisfies (keyof StageTimes)[];

export type LayerReport = { layer: LayerId } & CocoNumbers;

/** A layer's twelve numbers. */
export function layerReport(each: LayerEvaluation): LayerReport {
  const numbers = Object.fromEntries(NUMBERS.map((name) => [name, each[name]])) as unknown as CocoNumbers;
  return { layer: each.layer, ...numbers };
}

export function evaluationReport({ model, adapter, images, ms, layers }: EvaluationResult): EvaluationReport {
  return { model, adapter, images, ms, layers: layers.map(layerReport) };
}

/** A table of layers and numbers, then the times and the adapter. */
export function printEvaluation(result: EvaluationResult): string {
  const row = (first: string, cells: readonly string[]): string =>
    first.padEnd(7) + cells.map((cell) => cell.padStart(7)).join('');
  const times = STAGES.map((stage) => `${stage} ${result.ms[stage].toFixed(1)}`).join(', ');
  return [
    row('layer', NUMBERS),
    ...result.layers.map((each) =>
      row(
        String(each.layer),
        NUMBERS.map((name) => each[name].toFixed(4)),
      ),
    ),
    `${result.images} images, ms per image: ${times}`,
    `${result.model} on ${result.adapter}`,
  ].join('\n');
}
