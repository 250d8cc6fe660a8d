/** preprocessor_config.json: how a photo becomes the input tensor. */
import { ConfigReader } from '../lib/config-reader';
import { DetectorError } from '../lib/errors';

export interface Preprocessing {
  /** [height, width] that every photo is resized to (Pillow's antialiased bilinear filter). */
  size: readonly [number, number];
  /** value = (level * rescale - mean) / std, level 0..255. */
  rescale: number;
  mean?: readonly [number, number, number];
  std?: readonly [number, number, number];
}

const BILINEAR = 2;

/**
 * @param otherwise what holds where the file is not there
 * @throws DetectorError `unsupported` for another filter or padding, `checkpoint` for values of the wrong kind
 */
export function readPreprocessing(json: Record<string, unknown> | undefined, otherwise: Preprocessing): Preprocessing {
  if (!json) return otherwise;
  const file = new ConfigReader(json, 'preprocessor_config.json');
  file.oneOf('do_resize', [true], true);
  file.oneOf('resample', [BILINEAR], BILINEAR);
  file.oneOf('do_pad', [false], false);
  const size = file.section('size');
  if (!size.has('height') || !size.has('width')) {
    throw new DetectorError(
      'unsupported',
      file.file,
      'size: expected height and width; other ways to size an image are not supported for this family',
    );
  }
  const rescale = file.boolean('do_rescale', { otherwise: true })
    ? file.number('rescale_factor', { otherwise: 1 / 255 })
    : 1;
  const base: Preprocessing = { size: [size.integer('height'), size.integer('width')], rescale };
  if (!file.boolean('do_normalize', { otherwise: false })) return base;
  return { ...base, mean: triple(json['image_mean'], 'image_mean'), std: triple(json['image_std'], 'image_std') };
}

function triple(value: unknown, key: string): [number, number, number] {
  if (Array.isArray(value) && value.length === 3 && value.every((v) => typeof v === 'number')) {
    return value as [number, number, number];
  }
  throw new DetectorError(
    'checkpoint',
    'preprocessor_config.json',
    `${key}: expected three numbers, got ${JSON.stringify(value)}`,
  );
}
