import { describe, expect, it } from 'vitest';
import { FIGURES, LAYER_FIGURES, RunSeries, STEP_FIGURES } from './charts';
import { toSeriesCsv } from './charts-csv';
import { evaluationRecord, stepRecord } from './testing/run-events';

function series(steps: number, reinforced = true): RunSeries {
  const made = new RunSeries();
  made.addEvaluation(evaluationRecord(0));
  for (let step = 1; step <= steps; step++) made.addStep(stepRecord(step, {}, reinforced));
  return made;
}

describe('the columns of a run', () => {
  it('have every number of every step and layer', () => {
    const made = series(3);
    expect(made.steps).toEqual([1, 2, 3]);
    expect(made.layers).toEqual([1, 2, 3]);
    for (const id of Object.keys(LAYER_FIGURES) as (keyof typeof LAYER_FIGURES)[])
      for (const layer of [0, 1, 2])
        expect(made.column(id, layer)).toEqual([1, 2, 3].map((step) => stepRecord(step).layers[layer]![id]));
    for (const id of Object.keys(STEP_FIGURES) as (keyof typeof STEP_FIGURES)[])
      expect(made.column(id)).toEqual([1, 2, 3].map((step) => stepRecord(step)[id]));
  });

  it('grow in place', () => {
    const made = series(2);
    const column = made.column('reward', 1);
    made.addStep(stepRecord(3));
    expect(made.column('reward', 1)).toBe(column);
    expect(column).toHaveLength(3);
  });

  it('have gaps where a number is not finite or not there', () => {
    const made = series(1, false);
    made.addStep(stepRecord(2, { loss: Number.NaN, gradientNorm: Infinity, applied: false }, false));
    expect(made.column('loss')[1]).toBeNull();
    expect(made.column('gradientNorm')[1]).toBeNull();
    expect(made.column('ratio', 0)).toEqual([null, null]);
    expect(made.applied).toEqual([true, false]);
    expect(made.has('ratio')).toBe(false);
    expect(made.has('reward')).toBe(true);
    expect(made.has('AP')).toBe(true);
  });

  it('go back when a run goes on from an earlier step', () => {
    const made = series(5);
    made.addEvaluation(evaluationRecord(5));
    made.addStep(stepRecord(4, { loss: 42 }));
    expect(made.steps).toEqual([1, 2, 3, 4]);
    expect(made.column('loss')[3]).toBe(42);
    expect(made.column('iou', 2)).toHaveLength(4);
    expect(made.evaluations.map(({ step }) => step)).toEqual([0]);
  });

  it('take the later of two measurements of a step, and COCO -1 as a gap', () => {
    const made = series(1);
    const second = evaluationRecord(0);
    second.layers[1] = { ...second.layers[1]!, AP: -1, AP50: 0.25 };
    made.addEvaluation(second);
    expect(made.evaluations).toHaveLength(1);
    expect(made.evaluated('AP', 1)).toEqual({ steps: [0], values: [null] });
    expect(made.evaluated('AP50', 1).values).toEqual([0.25]);
    expect(made.evaluatedLayers).toEqual(['select', 1, 2, 3]);
  });

  it('shows every figure once', () => {
    expect(new Set(FIGURES).size).toBe(FIGURES.length);
    expect(FIGURES.length).toBe(2 + Object.keys(LAYER_FIGURES).length + Object.keys(STEP_FIGURES).length - 1);
  });
});

describe('the CSV of a run', () => {
  it('has a row for every step and measurement, and as many cells in each', () => {
    const made = series(2);
    made.addEvaluation(evaluationRecord(2));
    const lines = toSeriesCsv(made).trimEnd().split('\r\n');
    const rows = lines.map((line) => line.split(','));
    const column = (name: string): number => rows[0]!.indexOf(name);
    expect(rows.map(([step]) => step)).toEqual(['step', '0', '1', '2']);
    expect(new Set(rows.map((row) => row.length)).size).toBe(1);
    expect(rows[0]).toHaveLength(2 + 8 + 3 * 15 + 4 * 2);
    expect(rows[1]![column('loss')]).toBe('');
    expect(Number(rows[1]![column('held-out.select.AP')])).toBe(evaluationRecord(0).layers[0]!.AP);
    expect(Number(rows[3]![column('layer2.iou')])).toBe(stepRecord(2).layers[1]!.iou);
    expect(rows[2]![column('held-out.3.AP')]).toBe('');
    expect(rows[2]![column('distilLoss')]).toBe('');
  });
});
