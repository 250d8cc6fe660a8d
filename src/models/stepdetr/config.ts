/** StepDETR's config.json (../shared/reference/stepdetr.py, class Config). */
import type { ConfigReader } from '../../lib/config-reader';
import { DetectorError } from '../../lib/errors';

export interface StepDetrConfig {
  readonly imageSize: number;
  /** Channels of the frozen backbone at strides 16 and 32. */
  readonly backboneChannels: readonly [number, number];
  /** 0: over a frozen backbone. 16: over 16x16 pixel patches. */
  readonly patch: 0 | 16;
  readonly strides: readonly [number, number];
  readonly width: number;
  readonly heads: number;
  /** Width of the latent that keys and values come from. */
  readonly latent: number;
  readonly encoderBlocks: number;
  readonly encoderHidden: number;
  readonly decoderLayers: number;
  readonly decoderHidden: number;
  /** Sampling points of each level. */
  readonly points: readonly [number, number];
  readonly queries: number;
  readonly classes: number;
}

/** Height and width must divide by this: the second level halves the first, which is at stride 16. */
const COARSEST_STRIDE = 32;

/** @throws DetectorError naming the first setting that is missing, of the wrong kind or not supported */
export function readStepDetrConfig(config: ConfigReader): StepDetrConfig {
  const pair = (key: string): [number, number] => config.integers(key, { length: 2 }) as [number, number];
  const read: StepDetrConfig = {
    imageSize: config.integer('image_size', { min: COARSEST_STRIDE }),
    backboneChannels: pair('backbone_channels'),
    patch: config.oneOf('patch', [0, 16] as const),
    strides: pair('strides'),
    width: config.integer('width', { min: 4 }),
    heads: config.integer('heads'),
    latent: config.integer('latent'),
    encoderBlocks: config.integer('encoder_blocks', { min: 0 }),
    encoderHidden: config.integer('encoder_hidden'),
    decoderLayers: config.integer('decoder_layers'),
    decoderHidden: config.integer('decoder_hidden'),
    points: pair('points'),
    queries: config.integer('queries'),
    classes: config.integer('classes'),
  };
  const refuse = (message: string): never => {
    throw new DetectorError('checkpoint', config.file, message);
  };
  if (read.imageSize % COARSEST_STRIDE !== 0)
    refuse(`image_size: expected a multiple of ${COARSEST_STRIDE}, got ${read.imageSize}`);
  if (read.width % (4 * read.heads) !== 0)
    refuse(`width: expected a multiple of 4 x heads (${4 * read.heads}), got ${read.width}`);
  const tokens = (read.imageSize / 16) ** 2 + (read.imageSize / 32) ** 2;
  if (read.queries > tokens)
    refuse(`queries: expected at most ${tokens}, the number of memory tokens, got ${read.queries}`);
  return read;
}
