/** A training step, beside plain TF.js's where that can be had. */
import type { Measured, SectionOptions } from './sections';
import type { Session } from './session';
import { number, table } from './table';
import type { Bound } from './types';

const MOST_ROUNDS = 5;
const MOST_SLOW_ROUNDS = 2;
/** Of the same step on TF.js's own kernels. */
const MOST_OF_TFJS = 0.25;
/** Supervised steps that a step with rollouts may take. */
const MOST_STEPS = 2;

export async function trainingSection(session: Session, { runs, slowRuns }: SectionOptions): Promise<Measured> {
  const rounds = Math.min(runs, MOST_ROUNDS);
  const slowRounds = Math.min(slowRuns, MOST_SLOW_ROUNDS);
  const { adapter, rows } = await session.measure('training', { rounds, slowRounds });
  const [supervised] = rows;
  const lines = rows.map(({ step, ours_ms, tfjs_ms }) => [
    step,
    number(ours_ms, 0),
    tfjs_ms === undefined ? '' : number(tfjs_ms, 0),
    tfjs_ms === undefined ? '' : number(ours_ms / tfjs_ms, 3),
    number(ours_ms / supervised!.ours_ms, 2),
  ]);
  const bounds = rows.flatMap(({ step, ours_ms, tfjs_ms }): Bound[] => [
    ...(tfjs_ms !== undefined && step === supervised!.step
      ? [{ name: `${step}: ours / plain TF.js`, value: ours_ms / tfjs_ms, most: MOST_OF_TFJS }]
      : []),
    ...(step === supervised!.step
      ? []
      : [{ name: `${step}: supervised steps`, value: ours_ms / supervised!.ours_ms, most: MOST_STEPS }]),
  ]);
  const heading = `StepDETR-S, decoder and heads, memory kept; shortest of ${rounds} rounds in turn, ${slowRounds} of plain TF.js`;
  const headings = ['step', 'ours ms', 'plain TF.js ms', 'ours / plain', 'supervised steps'];
  return { rows, text: `${heading}\n${table(headings, lines)}`, bounds, adapter };
}
