/** One chart by uPlot in an element: draws while it is on the screen, says the numbers at the cursor beside its title. */
import uPlot from 'uplot';
import { unitOf, type FigureId } from '../../lib/charts';
import type { Line } from './chart-data';
import type { ChartGroup, GroupedChart } from './chart-group';
import { formatFigure } from './format-figure';

export interface ChartParts {
  /** Where the plot goes. */
  plot: HTMLElement;
  /** One for each line: its number at the cursor, the latest without one. */
  readouts: readonly HTMLElement[];
  figure: FigureId;
  lines: readonly Line[];
  group: ChartGroup;
  data(): uPlot.AlignedData;
}

export interface ChartHandle {
  /** The plot as it is on the screen; undefined while it was never there. */
  canvas(): HTMLCanvasElement | undefined;
  destroy(): void;
}

const HEIGHT = 104;
const AXIS_FONT = '10px Inter, "Segoe UI", system-ui, sans-serif';

export function mountChart({ plot, readouts, figure, lines, group, data }: ChartParts): ChartHandle {
  const unit = unitOf(figure);
  let chart: uPlot | undefined;
  let visible = false;

  const say = (): void => {
    if (!chart) return;
    const at = chart.cursor.idx;
    lines.forEach((_, index) => {
      const column = chart!.data[index + 1] as (number | null | undefined)[];
      const value = at === null || at === undefined ? latest(column) : column[at];
      const element = readouts[index];
      if (element) element.textContent = formatFigure(value, unit);
    });
  };

  const create = (width: number): uPlot => {
    const axis: uPlot.Axis = {
      stroke: resolved(plot, 'var(--muted)'),
      font: AXIS_FONT,
      grid: { stroke: resolved(plot, 'var(--line)'), width: 1 },
      ticks: { show: false },
    };
    return new uPlot(
      {
        width,
        height: HEIGHT,
        legend: { show: false },
        padding: [6, 14, 0, 0],
        scales: { x: { time: false, range: () => group.range }, y: { range: rangeOfY } },
        axes: [
          { ...axis, size: 18, gap: 2, space: 44 },
          {
            ...axis,
            size: 46,
            gap: 2,
            space: 22,
            values: (_, ticks, _axis, _space, step) => ticks.map((tick) => tickText(tick, step, unit)),
          },
        ],
        series: [
          {},
          ...lines.map(({ colour, dashed }): uPlot.Series => ({
            stroke: colour,
            width: 1.25,
            ...(dashed ? { dash: [4, 3] } : {}),
            points: { show: (_, index) => (chart?.data[index]?.length ?? 0) < 12, size: 4 },
          })),
        ],
        cursor: {
          y: false,
          points: { size: 5 },
          drag: { setScale: false, x: true, y: false },
          bind: { dblclick: () => () => void group.zoom(null) as unknown as null },
          sync: {
            key: group.key,
            scales: ['x', null],
            // The cursor is shared; selections are the group's business.
            filters: { pub: (type) => type === 'mousemove' || type === 'mouseleave' },
          },
        },
        hooks: {
          setCursor: [say],
          setSelect: [
            (self) => {
              const { left, width: wide } = self.select;
              if (!(wide > 4)) return;
              group.zoom([self.posToVal(left, 'x'), self.posToVal(left + wide, 'x')]);
              self.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
            },
          ],
        },
      },
      data(),
      plot,
    );
  };

  const grouped: GroupedChart = {
    draw: () => {
      if (!visible) return false;
      // In a batch it is drawn now, not in a microtask: the group counts the time that it takes.
      if (chart) chart.batch(() => chart!.setData(data()));
      else chart = create(Math.max(plot.clientWidth, 1));
      say();
      return true;
    },
  };
  const seen = new IntersectionObserver((entries) => {
    visible = entries.at(-1)?.isIntersecting ?? false;
    if (visible) group.redraw(grouped);
  });
  const resized = new ResizeObserver(() => {
    const width = plot.clientWidth;
    if (chart && width > 0 && width !== chart.width) chart.setSize({ width, height: HEIGHT });
  });
  seen.observe(plot);
  resized.observe(plot);
  group.add(grouped);

  return {
    canvas: () => chart?.ctx.canvas,
    destroy: () => {
      group.remove(grouped);
      seen.disconnect();
      resized.disconnect();
      chart?.destroy();
    },
  };
}

function latest(column: readonly (number | null | undefined)[]): number | null {
  for (let index = column.length - 1; index >= 0; index--) {
    const value = column[index];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}

/** Some room above and below; a line that does not move lies in the middle. */
function rangeOfY(_chart: uPlot, low: number | null, high: number | null): uPlot.Range.MinMax {
  if (low === null || high === null) return [0, 1];
  const room = (high - low) * 0.08 || Math.abs(high) * 0.1 || 0.5;
  return [low - room, high + room];
}

/** With as many decimals as tell one tick from the next. */
function tickText(value: number, step: number, unit: ReturnType<typeof unitOf>): string {
  if (unit !== 'plain') return formatFigure(value, unit);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const tiny = value !== 0 && Math.abs(value) < 1e-3;
  return decimals > 4 && tiny
    ? formatFigure(value, 'scientific')
    : String(Number(value.toFixed(Math.min(decimals, 4))));
}

/** Canvas takes no light-dark(): the colour as the browser resolves it for this scheme. */
function resolved(element: HTMLElement, colour: string): string {
  const before = element.style.color;
  element.style.color = colour;
  const found = getComputedStyle(element).color;
  element.style.color = before;
  return found;
}
