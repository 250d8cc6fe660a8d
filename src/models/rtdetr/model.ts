/** RT-DETR and RT-DETRv2 as a Detector: weights, constants and the way from an image to every layer's answer. */
import * as tf from '@tensorflow/tfjs-core';
import type { ClusterSettings } from '../../lib/clusters';
import { scoped } from '../../kernels/scope';
import { DetectorError } from '../../lib/errors';
import type { TensorSource } from '../../lib/tensor-source';
import { Parameters, type ParameterRule } from '../../nn/parameters';
import { stopGradient } from '../../nn/tape';
import type {
  ClusteredMemory,
  DecodeOptions,
  Detector,
  EncodeOptions,
  First,
  LayerTrace,
  Memory,
  Selection,
  Trace,
} from '../detector';
import type { Episode, EpisodeOptions } from '../episode';
import { ByShape } from '../hybrid-encoder/by-shape';
import { rowColumnPositions } from '../hybrid-encoder/positions';
import { logStdNames, withPolicy } from '../policy';
import { readPreprocessing, type Preprocessing } from '../preprocessing';
import type { SetLossRecipe } from '../set-loss/recipe';
import { readRtDetrConfig, type RtDetrConfig } from './config';
import { decodeFrom, valueOf, type DecoderRun } from './decoder';
import { encode, encodeClustered, type EncoderRun, type Positions } from './encoder';
import { rtDetrEpisode } from './episode';
import { classHeads, denoisingClasses, NOT_READ, rtDetrRules } from './parameters';
import { anchorsByShape, selectQueries, type AnchorTensors } from './selection';

const USUAL: Preprocessing = { size: [640, 640], rescale: 1 / 255 };
const STRIDES = [8, 16, 32] as const;

/** What a loaded model has beside its weights; a model that shares them leaves them alone. */
interface Constants {
  rules: readonly ParameterRule[];
  positions: Positions;
  anchors: ByShape<AnchorTensors>;
  parameterCount: number;
}

function makeConstants(c: RtDetrConfig, rules: readonly ParameterRule[], parameterCount: number): Constants {
  const { width } = c.encoder.aifi;
  const positions: Positions = new ByShape(([shape]) => {
    const [h, w] = shape!;
    return { positions: tf.tensor(rowColumnPositions([h, w], width, c.encoder.temperature), [1, h * w, width]) };
  });
  return { rules, positions, anchors: anchorsByShape(), parameterCount };
}

export class RtDetr implements Detector {
  readonly family: RtDetrConfig['family'];
  readonly scoring = 'sigmoid';
  readonly setLoss: SetLossRecipe;
  readonly policy: readonly string[];
  readonly classHeads: readonly { weight: string; bias: string }[];
  readonly denoisingClasses?: string;

  private constructor(
    readonly config: RtDetrConfig,
    readonly classes: readonly string[],
    readonly preprocessing: Preprocessing,
    readonly parameters: Parameters,
    private readonly constants: Constants,
    /** False: weights and constants are somebody else's. */
    private readonly owner: boolean,
  ) {
    this.family = config.family;
    this.setLoss = config.setLoss;
    this.policy = logStdNames(config);
    this.classHeads = classHeads(config);
    const denoising = denoisingClasses(config);
    if (denoising !== undefined) this.denoisingClasses = denoising;
  }

  /** @throws DetectorError naming the setting or tensor that is not as it should be */
  static load(files: {
    config: Record<string, unknown>;
    preprocessor: Record<string, unknown> | undefined;
    classes: readonly string[];
    weights: TensorSource;
    policy?: TensorSource | undefined;
  }): RtDetr {
    const config = readRtDetrConfig(files.config, files.classes.length);
    const preprocessing = readPreprocessing(files.preprocessor, USUAL);
    refuseSize(config, preprocessing);
    const rules = rtDetrRules(config);
    const parameters = Parameters.load(rules, withPolicy(config, files.weights, files.policy), NOT_READ);
    const count = parameters.count - (files.policy ? 0 : config.layers * config.width);
    return new RtDetr(config, files.classes, preprocessing, parameters, makeConstants(config, rules, count), true);
  }

  sharing(parameters: Parameters): RtDetr {
    return new RtDetr(this.config, this.classes, this.preprocessing, parameters, this.constants, false);
  }

  get rules(): readonly ParameterRule[] {
    return this.constants.rules;
  }

  get layers(): number {
    return this.config.layers;
  }

  get queries(): number {
    return this.config.queries;
  }

  get parameterCount(): number {
    return this.constants.parameterCount;
  }

  encode(image: tf.Tensor4D, options: EncodeOptions = {}): Memory {
    return encode(this.encoderRun, image, options);
  }

  encodeClustered(
    image: tf.Tensor4D,
    settings: ClusterSettings,
    options: EncodeOptions = {},
  ): Promise<ClusteredMemory> {
    return encodeClustered(this.encoderRun, image, settings, options);
  }

  select(memory: Memory, { dense = false }: DecodeOptions = {}): Required<Selection> {
    const anchors = this.constants.anchors.at(memory.shapes);
    return scoped('select', () => selectQueries(this.run(memory), anchors, dense));
  }

  decode(memory: Memory, options: DecodeOptions = {}): Trace {
    const { first, answer, topk, extras } = this.select(memory, options);
    const values = Array.from({ length: this.layers }, (_, index) => valueOf(this.parameters, index, memory));
    const read = { ...memory, values };
    const layers = decodeFrom(this.run(read), { ...first, hidden: stopGradient(first.hidden) }, options.views);
    return { memory: read, topk, first, layers: [answer, ...layers], extras };
  }

  decodeFrom(memory: Memory, first: First): LayerTrace[] {
    return decodeFrom(this.run(memory), first);
  }

  episode(memory: Memory, first: First, options: EpisodeOptions): Episode {
    return rtDetrEpisode(this.run(memory), first, options);
  }

  private get encoderRun(): EncoderRun {
    return { p: this.parameters, c: this.config, positions: this.constants.positions };
  }

  private run(memory: Memory): DecoderRun {
    return { p: this.parameters, c: this.config, memory };
  }

  dispose(): void {
    if (!this.owner) return;
    this.parameters.dispose();
    this.constants.positions.dispose();
    this.constants.anchors.dispose();
  }
}

const refuse = (kind: 'unsupported' | 'checkpoint', file: string, message: string): never => {
  throw new DetectorError(kind, file, message);
};

/** The fusion doubles each level; the backbone halves, rounded up. Both must come to the same cells. */
function refuseSize({ anchorSize, queries }: RtDetrConfig, { size }: Preprocessing): void {
  const cells = (side: number, stride: number): number => Math.ceil(side / stride);
  const [finest, , coarsest] = STRIDES;
  if (size.some((side) => cells(side, finest) !== cells(side, coarsest) * (coarsest / finest)))
    refuse(
      'unsupported',
      'preprocessor_config.json',
      `size: expected multiples of ${coarsest}, or up to ${finest - 1} less, got ${size.join(' x ')}`,
    );
  if (anchorSize?.some((side, axis) => side !== size[axis]))
    refuse(
      'unsupported',
      'config.json',
      `anchor_image_size: expected the size of the input, ${size.join(' x ')}, got ${anchorSize.join(' x ')}`,
    );
  const [h, w] = size;
  const tokens = STRIDES.reduce((sum, stride) => sum + cells(h, stride) * cells(w, stride), 0);
  if (queries > tokens)
    refuse(
      'checkpoint',
      'config.json',
      `num_queries: expected at most ${tokens}, the number of memory tokens, got ${queries}`,
    );
}
