/** Every record of a run as CSV: a row for each step, with the held-out numbers of that step where it was measured. */
import {
  EVALUATION_FIGURES,
  LAYER_FIGURES,
  STEP_FIGURES,
  type EvaluationFigure,
  type LayerFigure,
  type RunSeries,
  type StepFigure,
} from './charts';

const cell = (value: number | null | undefined): string => (value === null || value === undefined ? '' : String(value));

/**
 * Columns: step, applied, the figures of a step, `layer<k>.<figure>`, `held-out.<layer>.<figure>`; nothing stands for no number.
 * Step 0 is the measurement before the run.
 */
export function toSeriesCsv(series: RunSeries): string {
  const stepIds = Object.keys(STEP_FIGURES) as StepFigure[];
  const layerIds = Object.keys(LAYER_FIGURES) as LayerFigure[];
  const heldOutIds = Object.keys(EVALUATION_FIGURES) as EvaluationFigure[];
  const ofSteps = [
    ...stepIds.map((id) => ({ name: id as string, column: series.column(id) })),
    ...series.layers.flatMap((layer, index) =>
      layerIds.map((id) => ({ name: `layer${layer}.${id}`, column: series.column(id, index) })),
    ),
  ];
  const ofEvaluations = series.evaluatedLayers.flatMap((layer, index) =>
    heldOutIds.map((id) => ({ name: `held-out.${layer}.${id}`, column: series.evaluated(id, index).values })),
  );
  const rowOf = new Map(series.steps.map((step, row) => [step, row]));
  const evaluationOf = new Map(series.evaluations.map(({ step }, row) => [step, row]));
  const steps = [...new Set([...rowOf.keys(), ...evaluationOf.keys()])].sort((a, b) => a - b);
  const lines = steps.map((step) => {
    const [row, measured] = [rowOf.get(step), evaluationOf.get(step)];
    return [
      String(step),
      row === undefined ? '' : String(series.applied[row]),
      ...ofSteps.map(({ column }) => (row === undefined ? '' : cell(column[row]))),
      ...ofEvaluations.map(({ column }) => (measured === undefined ? '' : cell(column[measured]))),
    ].join(',');
  });
  const head = ['step', 'applied', ...ofSteps.map(({ name }) => name), ...ofEvaluations.map(({ name }) => name)];
  return [head.join(','), ...lines, ''].join('\r\n');
}
