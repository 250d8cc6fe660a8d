/** DEIMv2 (Atto, Femto, Pico) as a Detector. */
import * as tf from '@tensorflow/tfjs-core';
import { ConfigReader } from '../../lib/config-reader';
import { DetectorError } from '../../lib/errors';
import type { TensorSource } from '../../lib/tensor-source';
import { anchorLogits } from '../../nn/geometry';
import { Parameters } from '../../nn/parameters';
import type { DecodeOptions, Detector, Memory, Trace } from '../detector';
import { readPreprocessing, type Preprocessing } from '../preprocessing';
import { backboneRules, readAffineBlocks, runBackbone, type AffineBlocks } from './backbone';
import { readDeimV2Config, type DeimV2Config } from './config';
import { decode, decoderRules, weightingFunction, type DecoderConstants } from './decoder';
import { encoderRules, runEncoder } from './encoder';

/** Anchors are 0.05 * 2^level of the image wide (RT-DETR, section 4.3). */
const ANCHOR_SIZE = 0.05;
/** Not read: the class embeddings of the denoising queries (training), and buffers that follow from config.json. */
const NOT_READ = /num_batches_tracked$|denoising_class_embed|num_points_scale$|decoder\.(anchors|valid_mask)$/;

export class DeimV2 implements Detector {
  readonly family = 'deimv2';

  private constructor(
    readonly config: DeimV2Config,
    readonly classes: readonly string[],
    readonly preprocessing: Preprocessing,
    readonly parameters: Parameters,
    private readonly affine: AffineBlocks,
    private readonly constants: DecoderConstants,
  ) {}

  /** @throws DetectorError naming the setting or tensor that is not as it should be */
  static load(files: {
    config: Record<string, unknown>;
    preprocessor: Record<string, unknown> | undefined;
    classes: readonly string[];
    weights: TensorSource;
  }): DeimV2 {
    const config = readDeimV2Config(new ConfigReader(files.config, 'config.json'), files.classes.length);
    const preprocessing = readPreprocessing(files.preprocessor, { size: config.size, rescale: 1 / 255 });
    const shapes = levelShapes(preprocessing, config.queries);
    const rules = [...backboneRules(config), ...encoderRules(config), ...decoderRules(config)];
    const parameters = Parameters.load(rules, files.weights, NOT_READ);
    const number = (name: string): number => files.weights.float32(name)[0]!;
    const regScale = Math.abs(number('decoder.decoder.reg_scale'));
    const anchors = anchorLogits(shapes, [ANCHOR_SIZE, ANCHOR_SIZE * 2]);
    return new DeimV2(config, files.classes, preprocessing, parameters, readAffineBlocks(config, files.weights), {
      anchors: tf.tensor(anchors, [anchors.length / 4, 4]),
      weights: tf.tensor1d(weightingFunction(config.bins, number('decoder.decoder.up'), regScale)),
      regScale,
    });
  }

  get layers(): number {
    return this.config.layers;
  }

  get queries(): number {
    return this.config.queries;
  }

  get parameterCount(): number {
    return this.parameters.count;
  }

  encode(image: tf.Tensor4D): Memory {
    const levels = runEncoder(
      this.parameters,
      this.config,
      runBackbone(this.parameters, this.affine, this.config, image),
    );
    const tokens = levels.map((x) => tf.reshape(x, [x.shape[0], x.shape[1] * x.shape[2], x.shape[3]]) as tf.Tensor3D);
    return { tokens: tf.concat(tokens, 1), shapes: levels.map(({ shape }) => [shape[1], shape[2]]) };
  }

  decode(memory: Memory, options: DecodeOptions = {}): Trace {
    return decode({ p: this.parameters, c: this.config, constants: this.constants, memory }, options);
  }

  dispose(): void {
    this.parameters.dispose();
    this.constants.anchors.dispose();
    this.constants.weights.dispose();
  }
}

/** An anchor nearer to the border than 0.01 would be masked out (valid_mask); up to 50 cells a side none is. */
const MOST_CELLS = 50;

function levelShapes({ size }: Preprocessing, queries: number): [number, number][] {
  const [h, w] = size;
  if (h % 32 !== 0 || w % 32 !== 0 || Math.max(h, w) / 16 > MOST_CELLS) {
    throw new DetectorError(
      'unsupported',
      'preprocessor_config.json',
      `size: expected multiples of 32 up to ${16 * MOST_CELLS}, got ${h} x ${w}`,
    );
  }
  const shapes: [number, number][] = [
    [h / 16, w / 16],
    [h / 32, w / 32],
  ];
  const tokens = shapes.reduce((sum, [y, x]) => sum + y * x, 0);
  if (queries > tokens) {
    throw new DetectorError(
      'checkpoint',
      'config.json',
      `num_queries: expected at most ${tokens}, the number of memory tokens, got ${queries}`,
    );
  }
  return shapes;
}
