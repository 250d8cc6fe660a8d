/**
 * One model that learns: a step's loss, its gradients, the optimiser, and what the step says of itself.
 *
 * B images, G rollouts of an image, R = B G rows, K decoder layers, S = K + 1 layers with the query selection, Q queries.
 */
import * as tf from '@tensorflow/tfjs-core';
import { deviceCopy, readNumbers } from '../kernels/adamw/device-copy';
import type { KernelTime } from '../kernels/plan/plan';
import type { TrainSettings } from '../lib/train-settings';
import type { StepRecord } from '../lib/training';
import type { Detector } from '../models/detector';
import { gradientsOf } from '../nn/tape';
import type { Parameters } from '../nn/parameters';
import type { Batch } from './batch';
import { brokenFigures, layerRecords, meanEarned, totalFigures } from './figures';
import { Optimiser, type OptimiserState } from './optimiser';
import { PlannedStep } from './planned-step';
import { NotFinite } from './predictions';
import { refuseUnsupported } from './refusals';
import type { Earned } from './rewards';
import { sampledTensors, type Outcome } from './rollouts';
import { learningRateAt } from './schedule';
import { StepPlans } from './step-plans';
import { traced, type Learning, type Pass, type Rolled, type Traced } from './traced';
import { decaysOf, rateOf, trainedNames } from './trained';

/** The step's record without what only the worker knows. */
export type Figures = Omit<StepRecord, 'ms' | 'bytes' | 'tensors'>;

/** What the path without noise and the rollouts did, for pictures. */
export interface Played {
  /** [K][B]; null for unlabelled images. */
  mean: (Earned | null)[][];
  /** Absent without a policy. */
  sampled?: Outcome;
}

/** Those of an earlier pass; a plan that played some keeps them to itself. */
type Earlier = Rolled | { sampled: null; outcome: Outcome };

interface Done {
  figures: Figures;
  pass: Pass;
}

type Learnt = Awaited<ReturnType<Optimiser['step']>>;

export class Learner {
  /** Names of what is trained, in the order of the gradients. */
  readonly names: readonly string[];
  readonly optimiser: Optimiser;
  /** Computes layers of a learning encoder twice to keep less of them: for the steps from now on. */
  checkpoints = false;
  /** The weights before the run, for the KL to the start; null without one. */
  private readonly frozen: { detector: Detector; parameters: Parameters } | null;
  private readonly plans: StepPlans;

  /**
   * @param detector trained in place: nobody else may use it
   * @param settings of the whole run
   */
  constructor(
    readonly detector: Detector,
    private readonly settings: TrainSettings,
    /** Whether steps are recorded and replayed where that is possible. */
    private readonly planned = true,
  ) {
    refuseUnsupported(detector, settings);
    this.names = trainedNames(detector, settings);
    detector.parameters.deviceResident(this.names);
    this.frozen = settings.policy !== 'none' && settings.betaRef > 0 ? copyOf(detector, this.names) : null;
    this.plans = new StepPlans({ detector, frozen: this.frozen?.detector ?? null, settings, names: this.names });
    this.optimiser = new Optimiser(detector.parameters, this.names, {
      rateOf: rateOf(detector, settings),
      decays: decaysOf(detector),
      emaDecay: settings.emaDecay,
    });
  }

  /** On the GPU, of recorded steps. */
  get planBytes(): number {
    return this.plans.bytes;
  }

  /** Lets recorded steps go between two of them; those to come are recorded anew. */
  freePlans(): void {
    this.plans.dispose();
  }

  /** The kernels of the step that was last taken; null where it was no plan, or the adapter has no timestamp queries. */
  profile(): Promise<KernelTime[] | null> {
    return this.plans.profile();
  }

  /** The model to measure and to keep: the moving average where there is one. Dispose nothing of it. */
  get measured(): Detector {
    const average = this.optimiser.ema();
    return average ? this.detector.sharing(average) : this.detector;
  }

  /** Learns from one batch. @param step 1, 2, … */
  async step(step: number, batch: Batch): Promise<{ figures: Figures; played: Played }> {
    const { policy, epochs } = this.settings;
    const passes = policy === 'none' ? 1 : epochs;
    let rolled: Earlier | null = null;
    try {
      let done = await this.pass(step, batch, null, passes > 1);
      const { sampled, outcome } = done.pass;
      if (passes > 1 && outcome) rolled = { sampled, outcome };
      for (let pass = 1; pass < passes && done.figures.applied; pass++)
        done = await this.pass(step, batch, rolled, false);
      return { figures: done.figures, played: playedOf(done.pass) };
    } catch (thrown) {
      if (!(thrown instanceof NotFinite)) throw thrown;
      const learningRate = learningRateAt(step, this.settings);
      return { figures: brokenFigures(step, this.detector.layers, learningRate), played: { mean: [] } };
    } finally {
      if (rolled?.sampled) tf.dispose(sampledTensors(rolled.sampled));
    }
  }

  /** @param keep whether the rollouts' tensors are wanted by further passes */
  private async pass(step: number, batch: Batch, rolled: Earlier | null, keep: boolean): Promise<Done> {
    const planned = await this.planPass(step, batch, rolled);
    if (planned) return planned;
    const { detector } = this;
    const parameters = this.names.map((name) => detector.parameters.get(name));
    let done: Traced | undefined;
    const { loss, gradients } = await gradientsOf(async () => {
      const { loss, pass, figures } = (done = await traced(
        this.learning(),
        step,
        batch,
        rolled?.sampled ? rolled : null,
      ));
      const rollouts = keep && pass.sampled ? sampledTensors(pass.sampled) : [];
      return { loss, value: [figures, ...rollouts] };
    }, parameters);
    const { pass, figures } = done!;
    const applied = await this.learn(step, loss, gradients);
    tf.dispose([loss, ...gradients]);
    const numbers = (await figures.data()) as Float32Array;
    figures.dispose();
    return { figures: this.figuresOf(step, pass, numbers, applied), pass };
  }

  /** As `pass`, TF.js doing nothing of it; null where the step cannot be a plan. */
  private async planPass(step: number, batch: Batch, rolled: Earlier | null): Promise<Done | null> {
    const { settings, detector } = this;
    if (!this.planned || !PlannedStep.fits(detector, settings, batch)) return null;
    const labels = batch.items.map((item) => item.labels);
    const memory = batch.memory!;
    const { loss, gradients, figures, predictions, matches, outcome } = rolled
      ? { ...(await this.plans.again(memory, labels)), outcome: rolled.outcome }
      : await this.plans.run(memory, labels, step);
    const mean = meanEarned(predictions, matches, labels, { settings, recipe: detector.setLoss });
    const pass: Pass = { outcome, sampled: null, mean };
    const applied = await this.learn(step, loss, gradients);
    return { figures: this.figuresOf(step, pass, figures, applied), pass };
  }

  private learning(): Learning {
    const { detector, settings, checkpoints } = this;
    return { detector, frozen: this.frozen?.detector ?? null, settings, checkpoints };
  }

  private learn(step: number, loss: tf.Scalar, gradients: readonly tf.Tensor[]): Promise<Learnt> {
    const { clipNorm, weightDecay } = this.settings;
    const learningRate = learningRateAt(step, this.settings);
    return this.optimiser.step(gradients, loss, { learningRate, maxNorm: clipNorm, weightDecay });
  }

  /** @param numbers of the packed figures */
  private figuresOf(step: number, pass: Pass, numbers: Float32Array, { norm, applied }: Learnt): Figures {
    const { settings, detector } = this;
    return {
      step,
      gradientNorm: norm,
      learningRate: learningRateAt(step, settings),
      applied,
      ...totalFigures(numbers, settings),
      layers: layerRecords(pass, numbers, { settings, detector, toStart: this.frozen !== null }),
    };
  }

  /** The trained weights that count: those of `measured`. */
  async weights(): Promise<OptimiserState> {
    const { parameters } = this.measured;
    const weights: OptimiserState = new Map();
    for (const name of this.names) {
      const tensor = parameters.get(name);
      weights.set(name, { shape: tensor.shape, data: await readNumbers(tensor) });
    }
    return weights;
  }

  /** Everything that a run needs to go on at its next step. */
  async state(): Promise<OptimiserState> {
    const state = await this.optimiser.state();
    for (const name of this.names) {
      const tensor = this.detector.parameters.get(name);
      state.set(`parameter.${name}`, { shape: tensor.shape, data: await readNumbers(tensor) });
    }
    return state;
  }

  /** Updates of the optimiser so far: a step has one for each pass over its rollouts. */
  get updates(): number {
    return this.optimiser.steps;
  }

  /** @param updates that the state stands for */
  restore(state: OptimiserState, updates: number): void {
    // They read the tensors that are replaced here.
    this.plans.dispose();
    for (const name of this.names) {
      const saved = state.get(`parameter.${name}`);
      if (saved) this.detector.parameters.set(name, tf.tensor(saved.data, [...saved.shape]));
    }
    this.detector.parameters.deviceResident(this.names);
    this.optimiser.load(state, updates);
  }

  dispose(): void {
    this.plans.dispose();
    this.optimiser.dispose();
    this.frozen?.parameters.dispose();
    this.detector.dispose();
  }
}

/** The same model over a copy of the weights that will be trained. */
function copyOf(detector: Detector, names: readonly string[]): { detector: Detector; parameters: Parameters } {
  const copies = new Map(names.map((name) => [name, deviceCopy(detector.parameters.get(name))]));
  const parameters = detector.parameters.with(copies);
  return { detector: detector.sharing(parameters), parameters };
}

function playedOf({ mean, outcome }: Pass): Played {
  return outcome ? { mean, sampled: outcome } : { mean };
}
