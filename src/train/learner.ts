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
import {
  policyObjective,
  sample,
  sampledTensors,
  type Game,
  type PolicyObjective,
  type Sampled,
} from './policy-objective';
import { NotFinite, readPredictions } from './predictions';
import type { Earned } from './rewards';
import { learningRateAt } from './schedule';
import { setObjective } from './set-objective';
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
  /** As `packFigures` packs them. */
  figures: tf.Tensor1D;
  sampled: Sampled | null;
  mean: (Earned | null)[][];
}

interface Done {
  figures: Figures;
  pass: Pass;
}

export class Learner {
  /** Names of what is trained, in the order of the gradients. */
  readonly names: readonly string[];
  readonly optimiser: Optimiser;
  /** The weights before the run, for the KL to the start; null without one. */
  private readonly frozen: { detector: Detector; parameters: Parameters } | null;

  /**
   * @param detector trained in place: nobody else may use it
   * @param settings of the whole run
   */
  constructor(
    readonly detector: Detector,
    private readonly settings: TrainSettings,
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
    const { settings, detector } = this;
    const parameters = this.names.map((name) => detector.parameters.get(name));
    let pass: Pass | undefined;
    const { loss, gradients } = await gradientsOf(async () => {
      const done = await this.forward(step, batch, sampled);
      pass = done.pass;
      const rollouts = keep && done.pass.sampled ? sampledTensors(done.pass.sampled) : [];
      return { loss: done.loss, value: [done.pass.figures, ...rollouts] };
    }, parameters);
    const learningRate = learningRateAt(step, settings);
    const { norm, applied } = await this.optimiser.step(gradients, loss, {
      learningRate,
      maxNorm: settings.clipNorm,
      weightDecay: settings.weightDecay,
    });
    tf.dispose([loss, ...gradients]);
    const figures = {
      step,
      gradientNorm: norm,
      learningRate,
      applied,
      ...(await this.read(pass!)),
    };
    return { figures, pass: pass! };
  }

  /** Reads a pass's figures and frees their tensor. */
  private async read(pass: Pass): Promise<Omit<Figures, 'step' | 'gradientNorm' | 'learningRate' | 'applied'>> {
    const numbers = (await pass.figures.data()) as Float32Array;
    pass.figures.dispose();
    return { ...totalFigures(numbers, this.settings), layers: this.layerRecords(pass, numbers) };
  }

  private async encode({ images, mask }: Batch): Promise<Memory> {
    const [clusters, options] = [clustersOf(this.settings), mask ? { mask } : {}];
    if (!clusters) return this.detector.encode(images!, options);
    return (await this.detector.encodeClustered!(images!, clusters, options)).memory;
  }

  /** Everything up to the loss. Run inside gradientsOf. */
  private async forward(step: number, batch: Batch, sampled: Sampled | null): Promise<{ loss: tf.Scalar; pass: Pass }> {
    const { settings, detector } = this;
    const memory = batch.memory ?? (await this.encode(batch));
    const labels = batch.items.map((item) => item.labels);
    const denseTaught = batch.taught !== undefined && settings.distilDense > 0;
    const trace = detector.decode(memory, { dense: denseTaught || settings.selectionLoss === 'dense' });
    const set = await setObjective(detector, trace, labels, settings);
    const policy = await this.policyOf(step, trace, labels, sampled);
    const distil = batch.taught ? await this.distil(trace, set.predictions, batch.taught) : null;
    const denoising = this.denoising(step, trace, labels);
    const terms = [set.loss, policy?.loss, distil, denoising].filter((term) => term !== null && term !== undefined);
    const loss = terms.reduce((a, b) => tf.add(a, b)) as tf.Scalar;
    const pass: Pass = {
      figures: packFigures(loss, set.layers, policy, distil, detector.layers),
      sampled: policy?.sampled ?? null,
      mean: meanEarned(set.predictions, set.matches, labels, { settings, recipe: detector.setLoss }),
    };
    return { loss, pass };
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
    labels: readonly (Labels | null)[],
    sampled: Sampled | null,
  ): Promise<PolicyObjective | null> {
    const { settings, detector, frozen } = this;
    if (settings.policy === 'none') return null;
    const known = labels.map((one) => one ?? { classes: [], boxes: new Float32Array(0) });
    const game: Game = { detector, frozen: frozen && frozen.detector, trace, settings };
    return policyObjective(game, sampled ?? (await sample(game, known, step)));
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
    for (const name of this.names) {
      const saved = state.get(`parameter.${name}`);
      if (saved) this.detector.parameters.set(name, tf.tensor(saved.data, [...saved.shape]));
    }
    this.detector.parameters.deviceResident(this.names);
    this.optimiser.load(state, updates);
  }

  dispose(): void {
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
