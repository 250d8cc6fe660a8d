/** Two runs in one chart. */
import uPlot from 'uplot';
import type { FigureId, RunSeries } from '../../lib/charts';
import { tableOf } from './chart-data';

/** The lines of a figure, then those of the compared run, on the steps of both. */
export function comparedTable(series: RunSeries, compared: RunSeries | undefined, id: FigureId): uPlot.AlignedData {
  const own = tableOf(series, id);
  if (!compared) return own;
  const other = tableOf(compared, id);
  const [steps, more] = [own[0] as number[], other[0] as number[]];
  // Steps are 1, 2, … in both as a rule: the longer axis fits both, and nothing has to be copied.
  if (isCounted(steps) && isCounted(more)) {
    const axis = steps.length >= more.length ? steps : more;
    return [axis, ...own.slice(1), ...other.slice(1)] as uPlot.AlignedData;
  }
  return uPlot.join([own, other]);
}

const isCounted = (steps: readonly number[]): boolean =>
  steps.length === 0 || (steps[0] === 1 && steps.at(-1) === steps.length);
