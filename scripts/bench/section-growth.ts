/** Time and memory of StepDETR-S against image size, queries and rollouts, four sizes each. */
import { fitPower } from './statistics';
import type { Measured, SectionOptions } from './sections';
import type { Session } from './session';
import { mib, number, table } from './table';
import type { Growth, GrowthAxis, GrowthPoint, GrowthSeries } from './types';

const MOST_RUNS = 8;
const SERIES: readonly { axis: GrowthAxis; what: string; sizes: readonly number[] }[] = [
  { axis: 'side', what: 'one detection, side of the square image', sizes: [192, 288, 384, 576] },
  { axis: 'queries', what: 'one detection at 384, queries', sizes: [50, 100, 200, 400] },
  { axis: 'rollouts', what: 'one GRPO step of one image, rollouts', sizes: [2, 4, 8, 16] },
];

async function seriesOf(session: Session, { axis, what, sizes }: (typeof SERIES)[number], runs: number) {
  const points: GrowthSeries['points'] = [];
  for (const at of sizes) {
    const point: GrowthPoint = await session.measure('growth', { axis, at, runs });
    console.error(`  ${what} ${at}: ${number(point.ms, 0)} ms, ${mib(point.gpu_bytes)} MiB`);
    points.push({ at, ...point });
  }
  const growth = (of: (point: GrowthPoint) => number): Growth => {
    const pairs = points.map((point) => [point.at, of(point)] as const);
    return { all: fitPower(pairs), last: fitPower(pairs.slice(-2)) };
  };
  const series: GrowthSeries = {
    ...{ axis, what, points },
    time: growth(({ ms }) => ms),
    memory: growth(({ gpu_bytes }) => gpu_bytes),
  };
  return series;
}

function printed({ axis, what, points, time, memory }: GrowthSeries): string {
  const lines = points.map(({ at, ms, gpu_bytes }) => [`${at}`, number(ms, 1), mib(gpu_bytes)]);
  const named = ({ all, last }: Growth): string =>
    `${axis}^${number(all.exponent, 2)} (r2 ${number(all.r2, 2)}; between the last two ^${number(last.exponent, 2)})`;
  const growth = `time grows as ${named(time)}, memory as ${named(memory)}`;
  return `${what}\n${table([axis, 'ms', 'MiB'], lines)}\n${growth}`;
}

export async function growthSection(session: Session, options: SectionOptions): Promise<Measured> {
  const runs = Math.min(options.runs, MOST_RUNS);
  const all: GrowthSeries[] = [];
  for (const series of SERIES) all.push(await seriesOf(session, series, runs));
  const heading = `StepDETR-S, shortest of ${runs}; memory: most bytes of GPU buffers at one time, weights included`;
  const adapter = all[0]!.points[0]!.adapter;
  return { rows: all, text: [heading, ...all.map(printed)].join('\n\n'), bounds: [], adapter };
}
