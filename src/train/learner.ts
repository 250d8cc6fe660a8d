/**
 * One model that learns: a step's loss, its gradients, the optimiser, and what the step says of itself.
 *
 * B images, G rollouts of an image, R = B G rows, K decoder layers, S = K + 1 layers with the query selection, Q queries.
 */
import * as tf from '@tensorflow/tfjs-core';
import { deviceCopy, readNumbers } from '../kernels/adamw/device-copy';
import { DetectorError } from '../lib/errors';
import { seededRandom } from '../lib/random';
import type { Labels, SetPrediction } from '../lib/set-prediction';
import { clustersOf, type TrainSettings } from '../lib/train-settings';
import type { LayerRecord, StepRecord } from '../lib/training';
import { selectionOf, type Detector, type Memory, type Trace } from '../models/detector';
import { denoisingLoss } from '../models/denoising/loss';
import { whileCheckpointing } from '../nn/checkpointing';
import { gradientsOf } from '../nn/tape';
import type { Parameters } from '../nn/parameters';
import type { Batch, Taught } from './batch';
import { distilObjective } from './distil-objective';
import {
  advantageFigures,
  brokenFigures,
  lossFigures,
  meanEarned,
  packFigures,
  rewardFigures,
  totalFigures,
} from './figures';
import { Optimiser, type OptimiserState } from './optimiser';
import { policyObjective, type PolicyObjective } from './policy-objective';
import { PlannedStep } from './planned-step';
import { NotFinite, readPredictions } from './predictions';
import type { Earned } from './rewards';
import { sample, sampledTensors, type Game, type Sampled } from './rollouts';
import { learningRateAt } from './schedule';
import { setObjective, type SetObjective } from './set-objective';
import { decaysOf, rateOf, trainedNames } from './trained';

/** The step's record without what only the worker knows. */
export type Figures = Omit<StepRecord, 'ms' | 'bytes' | 'tensors'>;

/** What the path without noise and the rollouts did, for pictures. */
export interface Played {
  /** [K][B]; null for unlabelled images. */
  mean: (Earned | null)[][];
  /** Absent without a policy. */
  sampled?: Pick<Sampled, 'earned' | 'judged'>;
}

/** What a pass leaves behind. */
interface Pass {
  sampled: Sampled | null;
  mean: (Earned | null)[][];
}

/** What is traced. */
interface Traced {
  loss: tf.Scalar;
  /** As `packFigures` packs them. */
  figures: tf.Tensor1D;
  pass: Pass;
}

interface Done {
  figures: Figures;
  pass: Pass;
}

type Learnt = Awaited<ReturnType<Optimiser['step']>>;

/** Plans of a run: most batches have one size. */
const KEPT_PLANS = 2;

export class Learner {
  /** Names of what is trained, in the order of the gradients. */
  readonly names: readonly string[];
  readonly optimiser: Optimiser;
  /** Computes layers of a learning encoder twice to keep less of them: for the steps from now on. */
  checkpoints = false;
  /** The weights before the run, for the KL to the start; null without one. */
  private readonly frozen: { detector: Detector; parameters: Parameters } | null;
  /** By the memory's size, the one used last at the end. */
  private readonly plans = new Map<string, PlannedStep>();

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
    if (settings.denoising > 0 && detector.learnedQueries)
      throw new DetectorError(
        'unsupported',
        'denoising',
        `expected 0 copies of every label for ${detector.family}, whose queries are learned, got ${settings.denoising}`,
        'Set denoising to 0, or choose a model that selects its queries.',
      );
    refuseClusters(detector, settings);
    this.names = trainedNames(detector, settings);
    detector.parameters.deviceResident(this.names);
    this.frozen = settings.policy !== 'none' && settings.betaRef > 0 ? copyOf(detector, this.names) : null;
    this.optimiser = new Optimiser(detector.parameters, this.names, {
      rateOf: rateOf(detector, settings),
      decays: decaysOf(detector),
      emaDecay: settings.emaDecay,
    });
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
    let sampled: Sampled | null = null;
    try {
      let done = await this.pass(step, batch, null, passes > 1);
      if (passes > 1) sampled = done.pass.sampled;
      for (let pass = 1; pass < passes && done.figures.applied; pass++)
        done = await this.pass(step, batch, sampled, false);
      return { figures: done.figures, played: playedOf(done.pass) };
    } catch (thrown) {
      if (!(thrown instanceof NotFinite)) throw thrown;
      const learningRate = learningRateAt(step, this.settings);
      return { figures: brokenFigures(step, this.detector.layers, learningRate), played: { mean: [] } };
    } finally {
      if (sampled) tf.dispose(sampledTensors(sampled));
    }
  }

  /** @param keep whether the rollouts' tensors are wanted by further passes */
  private async pass(step: number, batch: Batch, sampled: Sampled | null, keep: boolean): Promise<Done> {
    if (this.planned && PlannedStep.fits(this.detector, this.settings, batch)) return this.planPass(step, batch);
    const { detector } = this;
    const parameters = this.names.map((name) => detector.parameters.get(name));
    let done: Traced | undefined;
    const { loss, gradients } = await gradientsOf(async () => {
      const { loss, pass, figures } = (done = await this.forward(step, batch, sampled));
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

  /** As a pass without a policy, TF.js doing nothing of it. */
  private async planPass(step: number, batch: Batch): Promise<Done> {
    const { settings, detector } = this;
    const labels = batch.items.map((item) => item.labels);
    const { loss, gradients, figures, predictions, matches } = await this.planFor(batch.memory!).run(
      batch.memory!,
      labels,
    );
    const pass: Pass = {
      sampled: null,
      mean: meanEarned(predictions, matches, labels, { settings, recipe: detector.setLoss }),
    };
    const applied = await this.learn(step, loss, gradients);
    return { figures: this.figuresOf(step, pass, figures, applied), pass };
  }

  /** The plan for memories of this size; of batches of two sizes (the last of an epoch is smaller) both are kept. */
  private planFor(memory: Memory): PlannedStep {
    const key = PlannedStep.key(memory);
    const plan = this.plans.get(key) ?? new PlannedStep(this.detector, this.settings, this.names, memory);
    this.plans.delete(key);
    this.plans.set(key, plan);
    for (const [oldest, old] of this.plans) {
      if (this.plans.size <= KEPT_PLANS) break;
      old.dispose();
      this.plans.delete(oldest);
    }
    return plan;
  }

  private dropPlans(): void {
    this.plans.forEach((plan) => plan.dispose());
    this.plans.clear();
  }

  private learn(step: number, loss: tf.Scalar, gradients: readonly tf.Tensor[]): Promise<Learnt> {
    const { clipNorm, weightDecay } = this.settings;
    const learningRate = learningRateAt(step, this.settings);
    return this.optimiser.step(gradients, loss, { learningRate, maxNorm: clipNorm, weightDecay });
  }

  /** @param numbers of the packed figures */
  private figuresOf(step: number, pass: Pass, numbers: Float32Array, { norm, applied }: Learnt): Figures {
    return {
      step,
      gradientNorm: norm,
      learningRate: learningRateAt(step, this.settings),
      applied,
      ...totalFigures(numbers, this.settings),
      layers: this.layerRecords(pass, numbers),
    };
  }

  private async encode({ images, mask }: Batch): Promise<Memory> {
    const [clusters, options] = [clustersOf(this.settings), mask ? { mask } : {}];
    if (!clusters) return whileCheckpointing(this.checkpoints, () => this.detector.encode(images!, options));
    return (await this.detector.encodeClustered!(images!, clusters, options)).memory;
  }

  /** Everything up to the loss. Run inside gradientsOf. */
  private async forward(step: number, batch: Batch, sampled: Sampled | null): Promise<Traced> {
    const { settings, detector } = this;
    const memory = batch.memory ?? (await this.encode(batch));
    const labels = batch.items.map((item) => item.labels);
    const denseTaught = batch.taught !== undefined && settings.distilDense > 0;
    const trace = detector.decode(memory, { dense: denseTaught || settings.selectionLoss === 'dense' });
    const set = await setObjective(detector, trace, labels, settings);
    const policy = await this.policyOf(step, trace, set, labels, sampled);
    const distil = batch.taught ? await this.distil(trace, set.predictions, batch.taught) : null;
    const denoising = this.denoising(step, trace, labels);
    const terms = [set.loss, policy?.loss, distil, denoising].filter((term) => term !== null && term !== undefined);
    const loss = terms.reduce((a, b) => tf.add(a, b)) as tf.Scalar;
    const figures = packFigures(loss, set.layers, policy, distil, detector.layers);
    const pass: Pass = {
      sampled: policy?.sampled ?? null,
      mean: meanEarned(set.predictions, set.matches, labels, { settings, recipe: detector.setLoss }),
    };
    return { loss, figures, pass };
  }

  /** @param predictions [K][B] of the decoder layers */
  private async distil(
    trace: Trace,
    predictions: readonly SetPrediction[][],
    taught: readonly Taught[],
  ): Promise<tf.Scalar> {
    const selection = selectionOf(trace);
    const chosen = selection ? await readPredictions([selection], this.detector.scoring) : [];
    return distilObjective(trace, [...chosen, ...predictions], taught, this.settings, this.detector.setLoss);
  }

  /** RT-DETR's contrastive denoising, where the run has it. */
  private denoising(step: number, { memory }: Trace, labels: readonly (Labels | null)[]): tf.Scalar | null {
    const { denoising: copies, seed } = this.settings;
    if (copies === 0) return null;
    return denoisingLoss(this.detector, memory, labels, { copies, random: seededRandom(seed, 'denoising', step) });
  }

  private async policyOf(
    step: number,
    trace: Trace,
    { predictions, matches }: SetObjective,
    labels: readonly (Labels | null)[],
    sampled: Sampled | null,
  ): Promise<PolicyObjective | null> {
    const { settings, detector, frozen } = this;
    if (settings.policy === 'none') return null;
    const known = labels.map((one) => one ?? { classes: [], boxes: new Float32Array(0) });
    const game: Game = { detector, frozen: frozen && frozen.detector, trace, predictions, matches, settings };
    return policyObjective(game, sampled ?? (await sample(game, known, step)), sampled === null);
  }

  private layerRecords({ sampled, mean }: Pass, numbers: Float32Array): LayerRecord[] {
    const { settings, detector } = this;
    const { layers, queries } = detector;
    const rewards = rewardFigures(mean, sampled, settings);
    return lossFigures(numbers, layers).map(({ klRef, entropy, ratio, clipShare, ...loss }, k) => ({
      layer: k + 1,
      ...rewards[k]!,
      ...loss,
      ...(sampled
        ? { ...advantageFigures(sampled.judged.advantages, k, { layers, queries }), entropy, ratio, clipShare }
        : { advantageMean: null, advantageStd: null, entropy: null, ratio: null, clipShare: null }),
      klRef: this.frozen ? klRef : null,
    }));
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
    this.dropPlans();
    for (const name of this.names) {
      const saved = state.get(`parameter.${name}`);
      if (saved) this.detector.parameters.set(name, tf.tensor(saved.data, [...saved.shape]));
    }
    this.detector.parameters.deviceResident(this.names);
    this.optimiser.load(state, updates);
  }

  dispose(): void {
    this.dropPlans();
    this.optimiser.dispose();
    this.frozen?.parameters.dispose();
    this.detector.dispose();
  }
}

/** @throws DetectorError `unsupported` for clusters in an encoder that has no dense attention */
function refuseClusters(detector: Detector, { clusters }: TrainSettings): void {
  if (clusters > 0 && !detector.encodeClustered)
    throw new DetectorError(
      'unsupported',
      'clusters',
      `expected a model with dense attention in its encoder, got one of the family ${detector.family}`,
      'Set it to 0.',
    );
}

/** The same model over a copy of the weights that will be trained. */
function copyOf(detector: Detector, names: readonly string[]): { detector: Detector; parameters: Parameters } {
  const copies = new Map(names.map((name) => [name, deviceCopy(detector.parameters.get(name))]));
  const parameters = detector.parameters.with(copies);
  return { detector: detector.sharing(parameters), parameters };
}

function playedOf({ mean, sampled }: Pass): Played {
  return sampled ? { mean, sampled: { earned: sampled.earned, judged: sampled.judged } } : { mean };
}
