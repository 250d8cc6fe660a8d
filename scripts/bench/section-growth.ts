/** Time and memory of StepDETR-S against image size, queries and rollouts, four sizes each: of a detection and of training steps. */
import { fitPower } from './statistics';
import type { Measured, SectionOptions } from './sections';
import type { Session } from './session';
import { mib, number, table } from './table';
import type { Growth, GrowthAxis, GrowthPoint, GrowthSeries, StepMethod } from './types';

const MOST_RUNS = 3;
/** Of training steps, which take longer. */
const MOST_STEPS = 2;

interface Plan {
  axis: GrowthAxis;
  sizes: readonly number[];
  /** What stands still. */
  where: string;
  detection: boolean;
  steps: readonly StepMethod[];
}

const PLANS: readonly Plan[] = [
  {
    axis: 'side',
    sizes: [192, 256, 384, 512],
    where: 'of a square image',
    detection: true,
    steps: ['supervised', 'grpo'],
  },
  { axis: 'queries', sizes: [50, 100, 200, 400], where: 'at 384', detection: true, steps: ['supervised', 'grpo'] },
  { axis: 'rollouts', sizes: [2, 4, 8, 16], where: 'at 384', detection: false, steps: ['grpo'] },
];

const NAMES: Readonly<Record<StepMethod, string>> = {
  supervised: 'one supervised step of one image',
  grpo: 'one GRPO step of one image',
};

const growthOf = (points: GrowthSeries['points'], of: (point: GrowthPoint) => number): Growth => {
  const pairs = points.map((point) => [point.at, of(point)] as const);
  return { all: fitPower(pairs), last: fitPower(pairs.slice(-2)) };
};

interface Job {
  steps: readonly StepMethod[];
  runs: number;
}

/** The series of one page's work: one, or one of each step. */
async function seriesOf(session: Session, { axis, sizes, where }: Plan, { steps, runs }: Job) {
  const names = steps.length === 0 ? ['one detection'] : steps.map((method) => NAMES[method]);
  const all = names.map((): GrowthSeries['points'] => []);
  let adapter = '';
  for (const at of sizes) {
    const measured = await session.measure('growth', { axis, at, steps, runs });
    adapter = measured.adapter;
    for (const [which, point] of measured.points.entries()) {
      all[which]!.push({ at, ...point });
      console.error(`  ${names[which]}, ${axis} ${at}: ${number(point.ms, 0)} ms, ${mib(point.gpu_bytes)} MiB`);
    }
  }
  const series = all.map((points, which): GrowthSeries => ({
    ...{ axis, what: `${names[which]}, ${axis} ${where}`, points },
    time: growthOf(points, ({ ms }) => ms),
    memory: growthOf(points, ({ gpu_bytes }) => gpu_bytes),
  }));
  return { adapter, series };
}

function printed({ axis, what, points, time, memory }: GrowthSeries): string {
  const lines = points.map(({ at, ms, gpu_bytes }) => [`${at}`, number(ms, 1), mib(gpu_bytes)]);
  const named = ({ all, last }: Growth): string =>
    `${axis}^${number(all.exponent, 2)} (r2 ${number(all.r2, 2)}; between the last two ^${number(last.exponent, 2)})`;
  const growth = `time grows as ${named(time)}, memory as ${named(memory)}`;
  return `${what}\n${table([axis, 'ms', 'MiB'], lines)}\n${growth}`;
}

export async function growthSection(session: Session, options: SectionOptions): Promise<Measured> {
  const [runs, stepRuns] = [MOST_RUNS, MOST_STEPS].map((most) => Math.min(options.runs, most)) as [number, number];
  const all: GrowthSeries[] = [];
  let adapter = '';
  for (const plan of PLANS)
    for (const job of [...(plan.detection ? [{ steps: [], runs }] : []), { steps: plan.steps, runs: stepRuns }]) {
      const measured = await seriesOf(session, plan, job);
      adapter = measured.adapter;
      all.push(...measured.series);
    }
  const heading =
    `StepDETR-S, shortest of ${runs} detections or ${stepRuns} steps (decoder and heads, memory kept); ` +
    'memory: most bytes of GPU buffers at one time, weights included';
  return { rows: all, text: [heading, ...all.map(printed)].join('\n\n'), bounds: [], adapter };
}
