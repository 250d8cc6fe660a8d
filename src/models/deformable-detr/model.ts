/** Deformable DETR (arXiv 2010.04159) as a Detector: weights and the way from an image to every layer's answer. */
import type * as tf from '@tensorflow/tfjs-core';
import { expectThat } from '../../kernels/shapes';
import { scoped } from '../../kernels/scope';
import { untraced } from '../../kernels/untraced';
import type { TensorSource } from '../../lib/tensor-source';
import { Parameters, type ParameterRule } from '../../nn/parameters';
import type { ResNetConfig } from '../../nn/resnet/config';
import { resNetRules } from '../../nn/resnet/rules';
import { runResNet } from '../../nn/resnet/run';
import { timmResNet } from '../../nn/resnet/timm';
import { stopGradient } from '../../nn/tape';
import type { DecodeOptions, Detector, EncodeOptions, First, LayerTrace, Memory, Selection, Trace } from '../detector';
import { USUAL } from '../detr/model';
import type { Episode, EpisodeOptions } from '../episode';
import { logStdNames, withPolicy } from '../policy';
import { readPreprocessing, type Preprocessing } from '../preprocessing';
import type { SetLossRecipe } from '../set-loss/recipe';
import { readDeformableDetrConfig, type DeformableDetrConfig } from './config';
import { decode, decodeFrom } from './decoder';
import { runEncoder } from './encoder';
import { deformableDetrEpisode } from './episode';
import { BACKBONE, deformableDetrRules, readHeads, type Heads } from './parameters';
import { select, type DecoderRun } from './start';

/** What follows from the checkpoint beside its weights. */
interface Facts {
  backbone: ResNetConfig;
  heads: Heads;
  rules: readonly ParameterRule[];
  parameterCount: number;
}

export class DeformableDetr implements Detector {
  readonly family = 'deformable_detr';
  readonly scoring = 'sigmoid';
  readonly setLoss: SetLossRecipe;
  readonly policy: readonly string[];
  readonly learnedQueries: boolean;
  readonly classHeads: readonly { weight: string; bias: string }[];

  private constructor(
    readonly config: DeformableDetrConfig,
    readonly classes: readonly string[],
    readonly preprocessing: Preprocessing,
    readonly parameters: Parameters,
    private readonly facts: Facts,
    /** False: the weights are somebody else's. */
    private readonly owner: boolean,
  ) {
    this.setLoss = config.setLoss;
    this.policy = logStdNames(config.decoder);
    this.learnedQueries = !config.twoStage;
    // the proposals' head says "object" in its first column, and nothing of classes
    const names = new Set(facts.heads.classes.slice(0, config.decoder.layers));
    this.classHeads = [...names].map((name) => ({ weight: `${name}.weight`, bias: `${name}.bias` }));
  }

  /** @throws DetectorError naming the setting or tensor that is not as it should be */
  static load(files: {
    config: Record<string, unknown>;
    preprocessor: Record<string, unknown> | undefined;
    classes: readonly string[];
    weights: TensorSource;
    policy?: TensorSource | undefined;
  }): DeformableDetr {
    const config = readDeformableDetrConfig(files.config, files.classes.length);
    const { dilation, stages, decoder, width } = config;
    const backbone = timmResNet(files.weights, BACKBONE, { dilation, out: stages });
    const heads = readHeads(config, files.weights);
    const channels = stages.map((stage) => backbone.widths[stage]!);
    const rules = [...resNetRules(backbone), ...deformableDetrRules(config, channels, heads, files.weights)];
    const spread = { layers: decoder.layers, width };
    const parameters = Parameters.load(rules, withPolicy(spread, files.weights, files.policy));
    const parameterCount = parameters.count - (files.policy ? 0 : spread.layers * spread.width);
    const facts: Facts = { backbone, heads, rules, parameterCount };
    const preprocessing = readPreprocessing(files.preprocessor, USUAL);
    return new DeformableDetr(config, files.classes, preprocessing, parameters, facts, true);
  }

  sharing(parameters: Parameters): DeformableDetr {
    return new DeformableDetr(this.config, this.classes, this.preprocessing, parameters, this.facts, false);
  }

  get rules(): readonly ParameterRule[] {
    return this.facts.rules;
  }

  get layers(): number {
    return this.config.decoder.layers;
  }

  get queries(): number {
    return this.config.queries;
  }

  get parameterCount(): number {
    return this.facts.parameterCount;
  }

  encode(image: tf.Tensor4D, { mask, backbone = false }: EncodeOptions = {}): Memory {
    const run = (): tf.Tensor4D[] => scoped('backbone', () => runResNet(this.parameters, this.facts.backbone, image));
    const features = backbone ? run() : untraced(run);
    return scoped('encoder', () => runEncoder(this.parameters, this.config, features, mask));
  }

  select(memory: Memory, { dense = false }: DecodeOptions = {}): Selection {
    return select(this.run(memory), dense);
  }

  decode(memory: Memory, options: DecodeOptions = {}): Trace {
    return decode(this.run(memory), options);
  }

  /** @throws DetectorError `internal` where queries are learned and there are not as many: each has its own position */
  decodeFrom(memory: Memory, first: First): LayerTrace[] {
    const { twoStage, queries } = this.config;
    const given = first.hidden.shape[1];
    expectThat('decodeFrom', twoStage || given === queries, `expected ${queries} learned queries, got ${given}`);
    return decodeFrom(this.run(memory), { hidden: stopGradient(first.hidden), boxes: stopGradient(first.boxes) });
  }

  episode(memory: Memory, first: First, options: EpisodeOptions): Episode {
    return deformableDetrEpisode(this.run(memory), first, options);
  }

  private run(memory: Memory): DecoderRun {
    return { p: this.parameters, c: this.config, heads: this.facts.heads, memory };
  }

  dispose(): void {
    if (this.owner) this.parameters.dispose();
  }
}
