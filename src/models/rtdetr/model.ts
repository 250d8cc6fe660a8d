/** RT-DETR and RT-DETRv2 as a Detector: weights, constants and the way from an image to every layer's answer. */
import * as tf from '@tensorflow/tfjs-core';
import type { ClusterSettings } from '../../lib/clusters';
import { scoped } from '../../kernels/scope';
import { DetectorError } from '../../lib/errors';
import type { Parameters } from '../../nn/parameters';
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
import { FamilyModel, type FamilyFiles } from '../family';
import { ByShape } from '../hybrid-encoder/by-shape';
import { rowColumnPositions } from '../hybrid-encoder/positions';
import { loadWithPolicy, logStdNames } from '../policy';
import { readPreprocessing, type Preprocessing } from '../preprocessing';
import { refuseFewTokens, refuseOtherAnchors } from '../selection-size';
import { readRtDetrConfig, type RtDetrConfig } from './config';
import { decodeFrom, valueOf, type DecoderRun } from './decoder';
import { encode, encodeClustered, type EncoderRun, type Positions } from './encoder';
import { rtDetrEpisode } from './episode';
import { classHeads, denoisingClasses, NOT_READ, rtDetrRules } from './parameters';
import { anchorsByShape, selectQueries, type AnchorTensors } from './selection';

const USUAL: Preprocessing = { size: [640, 640], rescale: 1 / 255 };
const STRIDES = [8, 16, 32] as const;

/** What a loaded model has beside its weights. */
interface Constants {
  positions: Positions;
  anchors: ByShape<AnchorTensors>;
}

function makeConstants({ encoder: { aifi, temperature } }: RtDetrConfig): Constants {
  const { width } = aifi;
  const positions: Positions = new ByShape(([shape]) => {
    const [h, w] = shape!;
    return { positions: tf.tensor(rowColumnPositions([h, w], width, temperature), [1, h * w, width]) };
  });
  return { positions, anchors: anchorsByShape() };
}

export class RtDetr extends FamilyModel<RtDetrConfig, Constants> implements Detector {
  readonly family = this.config.family;
  readonly scoring = 'sigmoid';
  readonly setLoss = this.config.setLoss;
  readonly layers = this.config.layers;
  readonly policy = logStdNames(this.config);
  readonly classHeads = classHeads(this.config);
  readonly denoisingClasses = denoisingClasses(this.config);

  /** @throws DetectorError naming the setting or tensor that is not as it should be */
  static load(files: FamilyFiles): RtDetr {
    const config = readRtDetrConfig(files.config, files.classes.length);
    const preprocessing = readPreprocessing(files.preprocessor, USUAL);
    refuseSize(config, preprocessing);
    const loaded = loadWithPolicy(rtDetrRules(config), config, files, NOT_READ);
    const constants = makeConstants(config);
    return new RtDetr({ config, classes: files.classes, preprocessing, ...loaded, constants }, true);
  }

  sharing(parameters: Parameters): RtDetr {
    return new RtDetr({ ...this.loaded, parameters }, false);
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

  protected override disposeConstants(): void {
    this.constants.positions.dispose();
    this.constants.anchors.dispose();
  }
}

/** The fusion doubles each level; the backbone halves, rounded up. Both must come to the same cells. */
function refuseSize({ anchorSize, queries }: RtDetrConfig, { size }: Preprocessing): void {
  const cells = (side: number, stride: number): number => Math.ceil(side / stride);
  const [finest, , coarsest] = STRIDES;
  if (size.some((side) => cells(side, finest) !== cells(side, coarsest) * (coarsest / finest)))
    throw new DetectorError(
      'unsupported',
      'preprocessor_config.json',
      `size: expected multiples of ${coarsest}, or up to ${finest - 1} less, got ${size.join(' x ')}`,
    );
  refuseOtherAnchors(anchorSize, size);
  const [h, w] = size;
  refuseFewTokens(
    queries,
    STRIDES.reduce((sum, stride) => sum + cells(h, stride) * cells(w, stride), 0),
  );
}
