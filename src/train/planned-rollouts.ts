/**
 * The rollouts of a planned step: a stage that plays them, and the policy's loss in the stage behind it. What the CPU decides between
 * the stages (which queries are sampled, what they earned) comes in as numbers of fixed shapes.
 *
 * B images, G rollouts of an image, R = B G rows, K decoder layers, Q queries, E of them sampled, A columns, D width.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { bufferOf, copyInto } from '../kernels/adamw/device-copy';
import type { Recording } from '../kernels/plan/record';
import type { Labels } from '../lib/set-prediction';
import type { Explored } from '../models/episode';
import { layoutOf } from './columns';
import { chooseExplored, type Choice } from './explore';
import { policyObjective, type PolicyObjective } from './policy-objective';
import { packPredictions, unpackPredictions } from './predictions';
import {
  judgeRollouts,
  noiseOf,
  rollOutFrom,
  sampledLayer,
  type Game,
  type Outcome,
  type Path,
  type Sampled,
  type SampledLayer,
} from './rollouts';

/** The columns of one layer, to be written over. */
type Slots = Pick<SampledLayer, 'queries' | 'advantage' | 'kl'>;

type Numbers = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/** What a batch needs that the plan was not recorded for. */
export interface Unfit {
  /** `sampled`: another number of sampled queries. `active`: more queries of a row earn something. */
  unfit: keyof PolicySize;
  /** How many. */
  needed: number;
}

/** What the shapes of a policy's step depend on beside the memory's. */
export interface PolicySize {
  /** E; Q for all. */
  sampled: number;
  /** Columns for queries that earn something, at least 1. */
  active: number;
}

/** Zeros to be written over. */
const chosenInputs = (
  { input }: Recording,
  images: number,
  queries: number,
  sampled: number,
): Pick<Explored, 'queries' | 'others'> => ({
  queries: input(tf.zeros<tf.Rank.R2>([images, sampled], 'int32')),
  others: input(tf.zeros<tf.Rank.R2>([images, queries - sampled], 'int32')),
});

/** Ends the stage that plays the rollouts. */
export class PlannedRollouts {
  /** [K] of [R,E,D] */
  private noise: tf.Tensor3D[] = [];
  private readonly chosen: Pick<Explored, 'queries' | 'others'> | null;
  /** The family samples all queries, whatever is chosen. */
  private readonly all: boolean;
  private readonly slots: Slots[];
  private readonly shapes: { logits: { shape: [number, number, number] } }[];
  /** The policy's loss, of the stage behind, and what it is computed of. */
  readonly objective: () => { policy: PolicyObjective; sampled: Sampled };

  /**
   * @param game whose trace is the recording's
   */
  constructor(
    private readonly backend: WebGPUBackend,
    recording: Recording,
    private readonly game: Game,
    private readonly size: PolicySize,
  ) {
    const { settings, trace } = game;
    const [images, queries] = trace.first.hidden.shape;
    const chosen = size.sampled < queries ? chosenInputs(recording, images, queries, size.sampled) : null;
    const rollouts = rollOutFrom(game, chosen, (shape) => {
      this.noise = Array.from({ length: game.detector.layers }, () => recording.input(tf.zeros<tf.Rank.R3>(shape)));
      return this.noise;
    });
    this.chosen = rollouts.explored ? chosen : null;
    this.all = chosen !== null && !rollouts.explored;
    this.shapes = rollouts.steps.map(({ logits }) => ({ logits: { shape: logits.shape } }));
    recording.end([packPredictions(rollouts.steps)]);
    const [rows, sampled] = rollouts.steps[0]!.logits.shape;
    const { count, kl } = layoutOf({ settings, toStart: game.frozen !== null }, sampled, size.active);
    this.slots = rollouts.steps.map(() => ({
      queries: recording.input(tf.zeros<tf.Rank.R2>([rows, count], 'int32')),
      advantage: recording.input(tf.zeros<tf.Rank.R2>([rows, count])),
      kl,
    }));
    this.objective = () => {
      const { first, explored, steps, memos } = rollouts;
      const layers = steps.map((step, k) => sampledLayer(step, this.slots[k]!));
      const sampled = { first, explored, layers };
      return { policy: policyObjective(game, sampled, memos), sampled };
    };
  }

  /** Writes what the rollouts are played from. @returns the queries that they sample (null: all), or why that cannot be */
  prepare(path: Path, step: number): { choice: Choice | null } | Unfit {
    const { backend, chosen, noise } = this;
    const { settings, detector } = this.game;
    const choice = this.all ? null : chooseExplored(path.predictions, path.matches, settings.explored);
    const needed = choice?.count ?? detector.queries;
    if (!this.all && needed !== this.size.sampled) return { unfit: 'sampled', needed };
    if (chosen && choice) {
      this.write(chosen.queries, choice.queries);
      this.write(chosen.others, choice.others);
    }
    const numbers = noiseOf(noise[0]!.shape, noise.length, settings.seed, step);
    numbers.forEach((own, k) => copyInto(backend, own, noise[k]!));
    tf.dispose(numbers);
    return { choice };
  }

  /**
   * Writes what the policy's loss is computed of.
   * @param values that the stage gave
   * @throws NotFinite
   */
  judge(
    values: Float32Array,
    labels: readonly Labels[],
    path: Path,
    { choice, step }: { choice: Choice | null; step: number },
  ): Outcome | Unfit {
    const predictions = unpackPredictions(values, this.shapes, this.game.detector.scoring);
    const { outcome, columns } = judgeRollouts(predictions, labels, path, this.game, {
      ...{ choice, step },
      least: this.size.active,
    });
    const most = Math.max(...columns.map(({ active }) => active.count));
    const [, expected] = this.slots[0]!.queries.shape;
    if (most !== expected) return { unfit: 'active', needed: this.size.active + most - expected };
    columns.forEach(({ active }, k) => {
      const { queries, advantage } = this.slots[k]!;
      this.write(queries, active.queries);
      this.write(advantage, active.values);
    });
    return outcome;
  }

  private write(tensor: tf.Tensor, numbers: Numbers): void {
    this.backend.device.queue.writeBuffer(bufferOf(this.backend, tensor), 0, numbers);
  }
}
