/**
 * A run's records as columns, one for each figure and layer, as charts and tables read them: appending is cheap, nothing is
 * copied when a step arrives.
 *
 * Layer index of a figure: 0 where it is one of the whole step; k - 1 for decoder layer k in a step; the place in
 * `EvaluationRecord.layers` (query selection first) in an evaluation.
 */
import type { EvaluationRecord, LayerRecord, RunLog, StepRecord } from './training';
import type { CocoNumbers, LayerId } from './types';

/** How a figure's numbers are read. */
export type FigureUnit = 'plain' | 'share' | 'ms' | 'bytes' | 'count' | 'scientific';

export const LAYER_FIGURES = {
  reward: 'plain',
  iou: 'plain',
  accuracy: 'share',
  overlap: 'plain',
  extra: 'plain',
  return: 'plain',
  advantageMean: 'plain',
  advantageStd: 'plain',
  ratio: 'plain',
  clipShare: 'share',
  klGt: 'plain',
  klRef: 'scientific',
  entropy: 'plain',
  classLoss: 'plain',
  boxLoss: 'plain',
} as const satisfies Partial<Record<keyof LayerRecord, FigureUnit>>;

export const STEP_FIGURES = {
  loss: 'plain',
  policyLoss: 'scientific',
  distilLoss: 'plain',
  gradientNorm: 'plain',
  learningRate: 'scientific',
  ms: 'ms',
  bytes: 'bytes',
  tensors: 'count',
} as const satisfies Partial<Record<keyof StepRecord, FigureUnit>>;

export const EVALUATION_FIGURES = { AP: 'plain', AP50: 'plain' } as const satisfies Partial<
  Record<keyof CocoNumbers, FigureUnit>
>;

export type LayerFigure = keyof typeof LAYER_FIGURES;
export type StepFigure = keyof typeof STEP_FIGURES;
export type EvaluationFigure = keyof typeof EVALUATION_FIGURES;
export type FigureId = LayerFigure | StepFigure | EvaluationFigure;

const layerFigures = Object.keys(LAYER_FIGURES) as LayerFigure[];
const stepFigures = Object.keys(STEP_FIGURES) as StepFigure[];

export const isEvaluationFigure = (id: FigureId): id is EvaluationFigure => id in EVALUATION_FIGURES;
export const isLayerFigure = (id: FigureId): id is LayerFigure => id in LAYER_FIGURES;
export const unitOf = (id: FigureId): FigureUnit => ({ ...LAYER_FIGURES, ...STEP_FIGURES, ...EVALUATION_FIGURES })[id];

/** In the order in which they are shown: what was learnt first, what it cost last. */
export const FIGURES: readonly FigureId[] = [
  'AP',
  'AP50',
  ...layerFigures,
  ...stepFigures.filter((id) => id !== 'tensors'),
];

/** Null is a gap: the method has no such figure, or it was not finite. */
export type Column = (number | null)[];

const finite = (value: number | null): number | null => (value !== null && Number.isFinite(value) ? value : null);

/** Grows in place: whoever keeps one of its columns sees the new numbers. */
export class RunSeries {
  readonly steps: number[] = [];
  /** 1..K */
  readonly layers: number[] = [];
  readonly applied: boolean[] = [];
  readonly evaluations: EvaluationRecord[] = [];
  readonly #columns = new Map<string, Column>();
  /** Figures of steps that have a number somewhere. */
  readonly #known = new Set<FigureId>();

  static of(log: RunLog): RunSeries {
    const series = new RunSeries();
    for (const record of log.steps) series.addStep(record);
    for (const record of log.evaluations) series.addEvaluation(record);
    return series;
  }

  /** A step that is here already is done again (a run goes on from its last saved step): it and all after it are dropped. */
  addStep(record: StepRecord): void {
    if (record.step <= (this.steps.at(-1) ?? 0)) this.#cutFrom(record.step);
    this.steps.push(record.step);
    this.applied.push(record.applied);
    for (const id of stepFigures) this.#put(id, 0, finite(record[id]));
    record.layers.forEach((layer, index) => {
      if (this.layers[index] === undefined) this.layers[index] = layer.layer;
      for (const id of layerFigures) this.#put(id, index, finite(layer[id]));
    });
  }

  addEvaluation(record: EvaluationRecord): void {
    const { evaluations } = this;
    while (evaluations.length > 0 && evaluations.at(-1)!.step >= record.step) evaluations.pop();
    evaluations.push(record);
  }

  /** The column of a figure of steps, as long as `steps`; empty where the run has no such layer. */
  column(id: LayerFigure | StepFigure, layer = 0): Column {
    return this.#columns.get(`${id}/${layer}`) ?? [];
  }

  /** Steps of the evaluations and one figure at a place in their layers. */
  evaluated(id: EvaluationFigure, layer: number): { steps: number[]; values: Column } {
    return {
      steps: this.evaluations.map(({ step }) => step),
      // COCO says -1 where there is nothing to measure.
      values: this.evaluations.map(({ layers }) => {
        const value = layers[layer]?.[id];
        return value === undefined || !(value >= 0) ? null : value;
      }),
    };
  }

  /** 'select', 1, …, K as the evaluations have them. */
  get evaluatedLayers(): LayerId[] {
    return this.evaluations.at(-1)?.layers.map(({ layer }) => layer) ?? [];
  }

  /** Whether any number of a figure is there: a supervised run has no advantage to draw. */
  has(id: FigureId): boolean {
    return isEvaluationFigure(id) ? this.evaluations.length > 0 : this.#known.has(id);
  }

  #put(id: FigureId, layer: number, value: number | null): void {
    this.#column(id, layer).push(value);
    if (value !== null) this.#known.add(id);
  }

  #column(id: FigureId, layer: number): Column {
    const key = `${id}/${layer}`;
    let column = this.#columns.get(key);
    // A layer that appears late has gaps before.
    if (!column) this.#columns.set(key, (column = new Array<null>(this.steps.length - 1).fill(null)));
    return column;
  }

  #cutFrom(step: number): void {
    const at = this.steps.findIndex((each) => each >= step);
    this.steps.length = this.applied.length = at;
    for (const column of this.#columns.values()) column.length = Math.min(column.length, at);
    while ((this.evaluations.at(-1)?.step ?? 0) >= step) this.evaluations.pop();
  }
}
