/** Two runs in one chart. */
import uPlot from 'uplot';
import type { FigureId, RunSeries } from '../../lib/charts';
import { tableOf } from './chart-data';

/** The lines of a figure, then those of the compared run, on the steps of both. */
export function comparedTable(series: RunSeries, compared: RunSeries | undefined, id: FigureId): uPlot.AlignedData {
  const own = tableOf(series, id);
  return compared ? uPlot.join([own, tableOf(compared, id)]) : own;
}
