/**
 * The step of a decoder as a plan in stages: answers; with a policy the rollouts, when the CPU has matched those; then, when it has
 * judged these, loss and gradients. All read the weights where the optimiser changes them, so one recording serves a whole run.
 * Further passes over the same rollouts are a plan of their own, without the rollouts, which it reads where the first one leaves them.
 *
 * S layers of a group of answers, B images, Q queries of the group, K decoder layers.
 */
import * as tf from '@tensorflow/tfjs-core';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { bufferOf, copyInto } from '../kernels/adamw/device-copy';
import type { KernelTime, StagedPlan } from '../kernels/plan/plan';
import { recordStages, type Recording } from '../kernels/plan/record';
import type { Labels, Match, SetPrediction } from '../lib/set-prediction';
import type { TrainSettings } from '../lib/train-settings';
import { decoderLayers, type Detector, type Memory, type Trace } from '../models/detector';
import { targetNumbers, type SetTargets } from '../models/set-loss/targets';
import { gradientsNow } from '../nn/tape';
import type { Batch } from './batch';
import { edgeLoss, sharesOf } from './edge-objective';
import { packFigures } from './figures';
import { knownLabels, labelledWeights, setsOf } from './labelled';
import { PlannedRollouts, type PolicySize, type Unfit } from './planned-rollouts';
import { policyObjective, type PolicyObjective } from './policy-objective';
import { packPredictions, unpackPredictions } from './predictions';
import { sampledTensors, type Outcome, type Path, type Sampled } from './rollouts';
import { lossesAgainst, matchAll, otherAnswers, totalOf, type Answers, type SetLosses } from './set-objective';

/** What is matched together: the decoder's layers, or others by themselves. */
interface Group {
  /** Of each layer; the tensors are gone. */
  layers: { logits: { shape: [number, number, number] } }[];
  targets: SetTargets;
}

export interface PlannedAnswer {
  /** The plan's own: the next step overwrites them. */
  loss: tf.Scalar;
  gradients: readonly tf.Tensor[];
  /** As `packFigures` packs them. */
  figures: Float32Array;
  /** [K][B] of the decoder layers. */
  predictions: SetPrediction[][];
  matches: Match[][];
  /** Of the rollouts; null without a policy. */
  outcome: Outcome | null;
}

/** [S][B] of a group. */
type Answered = Pick<PlannedAnswer, 'predictions' | 'matches'>;

/** What a step of a run is about. */
export interface StepRules {
  detector: Detector;
  /** The policy before the run; null without a KL to it. */
  frozen: Detector | null;
  settings: TrainSettings;
  /** Trained parameters: float32 on the device, changed in place. */
  names: readonly string[];
}

/** Zeros to be written over, of the shapes that `targetNumbers` gives for S B sets. */
function targetInputs({ input }: Recording, sets: number, queries: number): SetTargets {
  return {
    classes: input(tf.zeros([sets, queries], 'int32') as tf.Tensor2D),
    boxes: input(tf.zeros([sets, queries, 4]) as tf.Tensor3D),
    present: input(tf.zeros([sets, queries]) as tf.Tensor2D),
    scale: input(tf.zeros([sets]) as tf.Tensor1D),
    matched: [],
    together: 1,
  };
}

export class PlannedStep {
  private readonly backend = tf.backend() as WebGPUBackend;
  private readonly plan: StagedPlan;
  private readonly groups: Group[] = [];
  private counted: tf.Tensor1D | undefined;
  /** Of every decoder layer but the last, where the family learns distributions of edges. */
  private readonly shares: tf.Tensor2D[] = [];
  private gradients: readonly tf.Tensor[] = [];
  private loss: tf.Scalar | undefined;
  private rollouts: PlannedRollouts | undefined;
  /** What further passes learn from; null where there are none. */
  private sampled: Sampled | null = null;
  private later: PlannedStep | undefined;

  /**
   * Whether a step is the same work whatever the batch holds: no teacher, no copies of labels, the encoder frozen, and a loss that
   * needs no number of pairs but what its targets and shares say.
   */
  static fits({ setLoss }: Detector, settings: TrainSettings, { memory, taught }: Batch): boolean {
    return (
      tf.backend() instanceof WebGPUBackend &&
      memory !== undefined &&
      !memory.mask &&
      !taught &&
      settings.denoising === 0 &&
      setLoss.classes !== 'softmax'
    );
  }

  /** Steps with the same key can share a plan. */
  static key({ tokens, shapes }: Memory): string {
    return `${tokens.shape.join('x')} of ${shapes.join(' ')}`;
  }

  /**
   * @param memory whose sizes the plan is for
   * @param size without a policy of no meaning
   * @param earlier the pass that plays the rollouts of this one; the two go together
   */
  constructor(
    private readonly rules: StepRules,
    { tokens, shapes }: Memory,
    readonly size: PolicySize,
    earlier?: PlannedStep,
  ) {
    const input = (earlier?.plan.inputs[0] ?? tf.keep(tf.zeros(tokens.shape))) as tf.Tensor3D;
    const played = earlier?.sampled ?? null;
    const parameters = rules.names.map((name) => rules.detector.parameters.get(name));
    this.plan = recordStages(this.backend, [input, ...(played ? sampledTensors(played) : [])], (recording) => {
      const { loss, gradients, value } = gradientsNow(
        () => this.forward(recording, { tokens: input, shapes }, played),
        parameters,
      );
      [this.loss, this.gradients] = [loss, gradients];
      const [figures, ...sampled] = value;
      recording.end([figures], [loss, ...gradients, ...sampled]);
    });
  }

  /** On the GPU; what two passes share counts twice. */
  get bytes(): number {
    return this.plan.bytes + (this.later?.bytes ?? 0);
  }

  /** The last step once more, every dispatch timed; null where the adapter has no timestamp queries. */
  async profile(): Promise<KernelTime[] | null> {
    const [own, further] = [await this.plan.profile(), await this.later?.profile()];
    return own && [...own, ...(further ?? [])];
  }

  /**
   * @param memory of the sizes of the plan's
   * @param step 1, 2, …; with the settings' seed it decides the noise of the rollouts
   * @throws NotFinite
   */
  async run({ tokens }: Memory, labels: readonly (Labels | null)[], step: number): Promise<PlannedAnswer | Unfit> {
    copyInto(this.backend, tokens, this.plan.inputs[0]!);
    const answered = await this.answer(labels);
    const outcome = this.rollouts ? await this.play(this.rollouts, answered[0]!, labels, step) : null;
    if (outcome && 'unfit' in outcome) return outcome;
    return { ...(await this.differentiate(labels, answered)), outcome };
  }

  /**
   * One more pass over the memory and the rollouts of the last run, with the weights of now.
   * @param memory labels of that run
   * @throws NotFinite
   */
  async again(memory: Memory, labels: readonly (Labels | null)[]): Promise<Omit<PlannedAnswer, 'outcome'>> {
    this.later ??= new PlannedStep(this.rules, memory, this.size, this);
    return this.later.differentiate(labels, await this.later.answer(labels));
  }

  /** What each group says of the memory that is there, and stands for. */
  private async answer(labels: readonly (Labels | null)[]): Promise<Answered[]> {
    const { scoring, setLoss } = this.rules.detector;
    return (await this.plan.read(0)).map((values, group) => {
      const predictions = unpackPredictions(values, this.groups[group]!.layers, scoring);
      return { predictions, matches: matchAll(predictions, labels, setLoss) };
    });
  }

  /** @param answered of each group */
  private async differentiate(
    labels: readonly (Labels | null)[],
    answered: readonly Answered[],
  ): Promise<Omit<PlannedAnswer, 'outcome'>> {
    const [path] = answered as [Answered];
    this.groups.forEach((group, index) => this.fill(group, labels, answered[index]!.matches));
    this.write(this.counted!, labelledWeights(labels));
    const { queries } = this.rules.detector;
    this.shares.forEach((shares, k) => this.write(shares, sharesOf(labels, path.matches[k]!, queries)));
    const [figures] = await this.plan.read(this.plan.outputs.length - 1);
    return { loss: this.loss!, gradients: this.gradients, figures: figures!, ...path };
  }

  private async play(
    rollouts: PlannedRollouts,
    path: Path,
    labels: readonly (Labels | null)[],
    step: number,
  ): Promise<Outcome | Unfit> {
    const prepared = rollouts.prepare(path, step);
    if ('unfit' in prepared) return prepared;
    const [values] = await this.plan.read(1);
    return rollouts.judge(values!, knownLabels(labels), path, { ...prepared, step });
  }

  dispose(): void {
    this.later?.dispose();
    this.plan.dispose();
  }

  /** All stages, traced. @returns the figures as value, and what further passes need */
  private forward(
    recording: Recording,
    memory: Memory,
    played: Sampled | null,
  ): { loss: tf.Scalar; value: [tf.Tensor1D, ...tf.Tensor[]] } {
    const { detector, frozen, settings } = this.rules;
    const trace = detector.decode(memory, { dense: settings.selectionLoss === 'dense' });
    const decoder = decoderLayers(trace);
    const others = otherAnswers(trace, settings);
    const groups: (readonly Answers[])[] = [decoder, ...others.map(({ answers }) => [answers])];
    recording.end(groups.map((layers) => packPredictions(layers)));
    if (settings.policy !== 'none' && !played)
      this.rollouts = new PlannedRollouts(this.backend, recording, { detector, frozen, trace, settings }, this.size);
    const losses = this.lossesOf(recording, groups, memory.tokens.shape[0]);
    const weights = [settings.betaGt, ...others.map(({ weight }) => weight)];
    const edges = this.edgesOf(recording, trace, memory.tokens.shape[0]);
    const policy = played
      ? policyObjective({ detector, frozen, trace, settings }, played, null)
      : this.policyOf(this.rollouts, settings);
    const terms = [
      ...losses.map((one, i) => tf.mul(totalOf(one), weights[i]!)),
      ...(edges ? [tf.mul(edges, settings.betaGt)] : []),
      ...(policy ? [policy.loss] : []),
    ];
    const loss = terms.reduce((a, b) => tf.add(a, b)) as tf.Scalar;
    const figures = packFigures(loss, losses[0]!, policy, null, detector.layers);
    return { loss, value: [figures, ...(this.sampled ? sampledTensors(this.sampled) : [])] };
  }

  /** Of the rollouts of this pass, where there are some. */
  private policyOf(rollouts: PlannedRollouts | undefined, { epochs }: TrainSettings): PolicyObjective | null {
    if (!rollouts) return null;
    const { policy, sampled } = rollouts.objective();
    if (epochs > 1) this.sampled = sampled;
    return policy;
  }

  /** Of each group, against targets that are inputs. */
  private lossesOf(recording: Recording, groups: readonly (readonly Answers[])[], images: number): SetLosses[] {
    const counted = (this.counted = recording.input(tf.zeros([images]) as tf.Tensor1D));
    return groups.map((layers) => {
      const targets = targetInputs(recording, layers.length * images, layers[0]!.logits.shape[1]);
      this.groups.push({ targets, layers: layers.map(({ logits }) => ({ logits: { shape: logits.shape } })) });
      return lossesAgainst(layers, targets, counted, this.rules.detector.setLoss);
    });
  }

  /** D-FINE's losses, where the family has them: against the decoder layers' own targets. */
  private edgesOf(recording: Recording, trace: Trace, images: number): tf.Scalar | null {
    const { layers: count, setLoss: recipe } = this.rules.detector;
    if (!recipe.fineGrained) return null;
    const { targets } = this.groups[0]!;
    const layers = Array.from({ length: count }, (_, k) => {
      const own = <T extends tf.Tensor>(all: T): T => tf.slice(all, k * images, images);
      const part = { boxes: own(targets.boxes), present: own(targets.present), scale: own(targets.scale) };
      if (k === count - 1) return { targets: part };
      const shares = recording.input(tf.zeros<tf.Rank.R2>([images, 2]));
      this.shares.push(shares);
      return { targets: part, shares };
    });
    return edgeLoss(trace, { layers, mean: this.counted! }, recipe.fineGrained);
  }

  private fill({ layers, targets }: Group, labels: readonly (Labels | null)[], matches: Match[][]): void {
    const sets = layers.flatMap((_, layer) => setsOf(labels, matches[layer]!));
    const numbers = targetNumbers(layers[0]!.logits.shape[1], sets);
    for (const part of ['classes', 'boxes', 'present', 'scale'] as const) this.write(targets[part], numbers[part]);
  }

  private write(tensor: tf.Tensor, numbers: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>): void {
    this.backend.device.queue.writeBuffer(bufferOf(this.backend, tensor), 0, numbers);
  }
}
