/**
 * The supervised step of StepDETR-S (batch 4, memory kept, decoder and heads) beside the same `Learner.step` on TF.js's own kernels and
 * its Adam, in one run, in turns:
 *   npx vitest bench --project parity --run src/train/plain-tfjs.bench.ts
 * It prints the shortest of a few rounds and refuses a comparison of steps that do not compute the same.
 */
import { PlainAdam, withPlainKernels } from './testing/plain-tfjs';
import { bench } from 'vitest';
import { deviceCopy } from '../kernels/adamw/device-copy';
import { openTestDevice } from '../kernels/testing/device';
import type { Figures, Learner } from './learner';
import { dispatchesOf, openStepDetr, photoBatch, shortest, standingLearner, type Job } from './testing/step-bench';

const IMAGES = 4;
const ROUNDS = 2;
/** Relative: sums in another order. */
const SAME = 1e-3;

await openTestDevice();
const model = await openStepDetr();

/** A learner whose optimiser is TF.js's. */
function plainLearner(): Learner {
  const learner = standingLearner(model, 'supervised');
  const copies = learner.names.map((name) => deviceCopy(learner.detector.parameters.get(name)));
  return Object.assign(learner, { optimiser: new PlainAdam(copies, 1e-3) });
}

function refuseOthers(ours: Figures, theirs: Figures): void {
  for (const name of ['loss', 'gradientNorm'] as const)
    if (!(Math.abs(ours[name] - theirs[name]) <= SAME * Math.abs(ours[name])))
      throw new Error(`${name}: ours is ${ours[name]}, that of plain TF.js ${theirs[name]}: not the same step`);
}

async function compare(): Promise<void> {
  const batch = await photoBatch(model, IMAGES);
  const [own, plain] = [standingLearner(model, 'supervised'), plainLearner()];
  let step = 0;
  const ours = async (): Promise<Figures> => (await own.step(++step, batch)).figures;
  const theirs = (): Promise<Figures> => withPlainKernels(async () => (await plain.step(++step, batch)).figures);
  refuseOthers(await ours(), await theirs());
  const jobs: Job[] = [
    { name: 'ours', run: ours },
    { name: 'plain TF.js', run: theirs },
  ];
  const least = await shortest(jobs, ROUNDS);
  const lines: string[] = [];
  for (const [at, { name, run }] of jobs.entries())
    lines.push(`  ${name}: ${least[at]!.toFixed(0)} ms, ${await dispatchesOf(run)} dispatches`);
  lines.push(`  ours takes ${(least[0]! / least[1]!).toFixed(3)} of the time`);
  // eslint-disable-next-line no-console -- the figures are what this file is for
  console.warn([`supervised step, B = ${IMAGES}`, ...lines].join('\n'));
}

bench('ours beside plain TF.js', compare, { time: 0, iterations: 1, warmupTime: 0, warmupIterations: 0 });
