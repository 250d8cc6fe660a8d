/** The columns of a figure as a chart draws them: one line per layer, those of a second run dashed. */
import type uPlot from 'uplot';
import { isEvaluationFigure, isLayerFigure, type FigureId, type RunSeries } from '../../lib/charts';
import type { LayerId } from '../../lib/types';
import { layerColour, STEP_COLOUR } from '../../ui/drawing/layer-colours';

export interface Line {
  /** Null: a figure of the whole step. */
  layer: LayerId | null;
  colour: string;
  /** Of the compared run. */
  dashed: boolean;
}

/** Which lines a figure of a run has. */
export function linesOf(series: RunSeries, id: FigureId, dashed: boolean): Line[] {
  const layers: (LayerId | null)[] = isEvaluationFigure(id)
    ? series.evaluatedLayers
    : isLayerFigure(id)
      ? series.layers
      : [null];
  return layers.map((layer) => ({ layer, dashed, colour: layer === null ? STEP_COLOUR : layerColour(layer) }));
}

/** Every layer that some figure of a run has a line of, query selection first. */
export const layersDrawn = (series: RunSeries): LayerId[] => [
  ...new Set<LayerId>([...series.evaluatedLayers, ...series.layers]),
];

/** [x, …lines]: the columns themselves, nothing is copied for figures of steps. */
export function tableOf(series: RunSeries, id: FigureId): uPlot.AlignedData {
  if (isEvaluationFigure(id)) {
    const columns = series.evaluatedLayers.map((_, layer) => series.evaluated(id, layer));
    return [columns[0]?.steps ?? [], ...columns.map(({ values }) => values)];
  }
  const layers = isLayerFigure(id) ? series.layers.length : 1;
  return [series.steps, ...Array.from({ length: layers }, (_, layer) => series.column(id, layer))];
}

/** [first, last] step of what is drawn, so that every chart has the same axis. */
export function extentOf(...runs: readonly (RunSeries | undefined)[]): [number, number] {
  const last = Math.max(
    ...runs.map((series) => Math.max(series?.steps.at(-1) ?? 0, series?.evaluations.at(-1)?.step ?? 0)),
  );
  return [0, Math.max(last, 1)];
}
