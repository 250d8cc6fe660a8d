/** A training step of StepDETR-S (decoder and heads, memory kept): with rollouts, and on TF.js's own kernels with its Adam. */
// First: it remembers TF.js's kernels, which ours replace when the device is opened.
import { PlainAdam, withPlainKernels } from '../../../src/train/testing/plain-tfjs';
import { deviceCopy } from '../../../src/kernels/adamw/device-copy';
import type { Detector } from '../../../src/models/detector';
import type { Figures, Learner } from '../../../src/train/learner';
import { openStepDetr, photoBatch, standingLearner } from '../../../src/train/testing/step-bench';
import type { TrainingRow } from '../types';
import { openDevice } from './device';
import { say } from './say';
import { takeTurns } from './turns';

const IMAGES = 4;
const ROLLOUTS = 8;
/** Steps whose loss or gradient differ by more, relatively, are not the same step. */
const SAME = 1e-3;

export interface TrainingOptions {
  rounds: number;
  /** Of plain TF.js. */
  slowRounds: number;
}

/** A learner whose optimiser is TF.js's. */
function plainLearner(model: Detector): Learner {
  const learner = standingLearner(model, 'supervised');
  const copies = learner.names.map((name) => deviceCopy(learner.detector.parameters.get(name)));
  return Object.assign(learner, { optimiser: new PlainAdam(copies, 1e-3) });
}

function requireSame(ours: Figures, theirs: Figures): void {
  for (const name of ['loss', 'gradientNorm'] as const)
    if (!(Math.abs(ours[name] - theirs[name]) <= SAME * Math.abs(ours[name])))
      throw new Error(`${name}: ours is ${ours[name]}, that of plain TF.js ${theirs[name]}: not the same step`);
}

export async function training({ rounds, slowRounds }: TrainingOptions) {
  const { adapter, settle } = await openDevice();
  const model = await openStepDetr();
  const batch = await photoBatch(model, IMAGES);
  let count = 0;
  const step = async (learner: Learner): Promise<Figures> => {
    const { figures } = await learner.step(++count, batch);
    await settle();
    return figures;
  };
  const own = standingLearner(model, 'supervised');
  const grpo = standingLearner(model, 'grpo', { rollouts: ROLLOUTS });
  const plain = plainLearner(model);
  const onTfjs = (): Promise<Figures> => withPlainKernels(() => step(plain));
  // each once before the clock starts: they compile
  requireSame(await step(own), await onTfjs());
  await step(grpo);
  const times = await takeTurns([
    { run: () => step(own), runs: rounds },
    { run: () => step(grpo), runs: rounds },
    { run: onTfjs, runs: slowRounds },
  ]);
  const [ours_ms, grpo_ms, tfjs_ms] = times.map((all) => Math.min(...all)) as [number, number, number];
  say(`training: supervised ${ours_ms.toFixed(0)} ms, GRPO ${grpo_ms.toFixed(0)} ms, plain ${tfjs_ms.toFixed(0)} ms`);
  const rows: TrainingRow[] = [
    { step: `supervised, B = ${IMAGES}`, ours_ms, tfjs_ms },
    { step: `GRPO, B = ${IMAGES}, G = ${ROLLOUTS}`, ours_ms: grpo_ms },
  ];
  return { adapter, rows };
}
