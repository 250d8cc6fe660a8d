/** DEIMv2 (Atto, Femto, Pico) as a Detector. */
import * as tf from '@tensorflow/tfjs-core';
import { scoped } from '../../kernels/scope';
import { untraced } from '../../kernels/untraced';
import { ConfigReader } from '../../lib/config-reader';
import { DetectorError } from '../../lib/errors';
import { anchorLogits } from '../../nn/geometry';
import { readAffineBlocks, type AffineBlocks } from '../../nn/hgnet/affine';
import type { HgnetConfig } from '../../nn/hgnet/config';
import { hgnetRules } from '../../nn/hgnet/rules';
import { runHgnet } from '../../nn/hgnet/run';
import type { Parameters } from '../../nn/parameters';
import type { DecodeOptions, Detector, First, LayerTrace, Memory, Selection, Trace } from '../detector';
import type { Episode, EpisodeOptions } from '../episode';
import { FamilyModel, type FamilyFiles } from '../family';
import { loadWithPolicy, logStdNames, policyRules } from '../policy';
import { readPreprocessing, type Preprocessing } from '../preprocessing';
import { refuseFewTokens } from '../selection-size';
import { DEIMV2_LOSS } from '../set-loss/recipe';
import { weightingFunction } from '../fine-edges/edges';
import { backboneOf } from './backbone';
import { readDeimV2Config, type DeimV2Config } from './config';
import { decode, decodeFrom, select, type DecoderConstants, type DecoderRun } from './decoder';
import { encoderRules, runEncoder } from './encoder';
import { deimV2Episode } from './episode';
import { classHeads, decoderRules } from './parameters';

/** Anchors are 0.05 * 2^level of the image wide (RT-DETR, section 4.3). */
const ANCHOR_SIZE = 0.05;
/** Not read: the class embeddings of the denoising queries (training), and buffers that follow from config.json. */
const NOT_READ = /num_batches_tracked$|denoising_class_embed|num_points_scale$|decoder\.(anchors|valid_mask)$/;

/** What a loaded model has beside its weights. */
interface Constants extends DecoderConstants {
  backbone: HgnetConfig;
  affine: AffineBlocks;
}

export class DeimV2 extends FamilyModel<DeimV2Config, Constants> implements Detector {
  readonly family = 'deimv2';
  readonly scoring = 'sigmoid';
  readonly setLoss = DEIMV2_LOSS;
  readonly strides = [16, 32];
  readonly layers = this.config.layers;
  readonly policy = logStdNames(this.config);
  readonly classHeads = classHeads(this.config);

  /** @throws DetectorError naming the setting or tensor that is not as it should be */
  static load(files: FamilyFiles): DeimV2 {
    const config = readDeimV2Config(new ConfigReader(files.config, 'config.json'), files.classes.length);
    const preprocessing = readPreprocessing(files.preprocessor, { size: config.size, rescale: 1 / 255 });
    const shapes = levelShapes(preprocessing, config.queries);
    const backbone = backboneOf(config);
    const rules = [...hgnetRules(backbone), ...encoderRules(config), ...decoderRules(config), ...policyRules(config)];
    const loaded = loadWithPolicy(rules, config, files, NOT_READ);
    const number = (name: string): number => files.weights.float32(name)[0]!;
    const regScale = Math.abs(number('decoder.decoder.reg_scale'));
    const anchors = anchorLogits(shapes, [ANCHOR_SIZE, ANCHOR_SIZE * 2]);
    const constants: Constants = {
      backbone,
      affine: readAffineBlocks(backbone, loaded.parameters, files.weights),
      anchors: tf.tensor(anchors, [anchors.length / 4, 4]),
      weights: tf.tensor1d(weightingFunction(config.bins, number('decoder.decoder.up'), regScale)),
      regScale,
    };
    return new DeimV2({ config, classes: files.classes, preprocessing, ...loaded, constants }, true);
  }

  sharing(parameters: Parameters): DeimV2 {
    return new DeimV2({ ...this.loaded, parameters }, false);
  }

  encode(image: tf.Tensor4D): Memory {
    // nobody trains the backbone: untraced, its kernels run fused also where the encoder learns
    const { backbone, affine } = this.constants;
    const stages = scoped('backbone', () => untraced(() => runHgnet(this.parameters, affine, backbone, image)));
    const feature = stages[stages.length - 1]!;
    const levels = scoped('encoder', () => runEncoder(this.parameters, this.config, feature));
    const tokens = levels.map((x) => tf.reshape(x, [x.shape[0], x.shape[1] * x.shape[2], x.shape[3]]) as tf.Tensor3D);
    return { tokens: tf.concat(tokens, 1), shapes: levels.map(({ shape }) => [shape[1], shape[2]]) };
  }

  decode(memory: Memory, options: DecodeOptions = {}): Trace {
    return decode(this.run(memory), options);
  }

  decodeFrom(memory: Memory, first: First): LayerTrace[] {
    return decodeFrom(this.run(memory), first).layers;
  }

  select(memory: Memory, { dense = false }: DecodeOptions = {}): Selection {
    return select(this.run(memory), dense);
  }

  episode(memory: Memory, first: First, options: EpisodeOptions): Episode {
    return deimV2Episode(this.run(memory), first, options);
  }

  private run(memory: Memory): DecoderRun {
    return { p: this.parameters, c: this.config, constants: this.constants, memory };
  }

  protected override disposeConstants(): void {
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
  refuseFewTokens(queries, tokens);
  return shapes;
}
