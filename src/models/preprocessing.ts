/** preprocessor_config.json: how a photo becomes the input tensor. */
import { ConfigReader } from '../lib/config-reader';
import { DetectorError } from '../lib/errors';

export interface Preprocessing {
  /** [height, width] that every photo is resized to (Pillow's antialiased bilinear filter); with `fit` only what is usual. */
  size: readonly [number, number];
  /** The photo keeps its shape: the shorter side becomes `shortest`, unless the longer one would pass `longest` (DETR). */
  fit?: { shortest: number; longest: number };
  /** value = (level * rescale - mean) / std, level 0..255. */
  rescale: number;
  mean?: readonly [number, number, number];
  std?: readonly [number, number, number];
}

const BILINEAR = 2;
/** Most photos are 4:3; a model is warmed up at this shape. */
const USUAL_ASPECT = 4 / 3;

/**
 * [height, width] of the input tensor for a photo, as the hub's DetrImageProcessor computes it where there is a `fit`.
 * @param photo in pixels, at least 1 each
 */
export function inputSize({ size, fit }: Preprocessing, photo: { width: number; height: number }): [number, number] {
  if (!fit) return [...size];
  const { width, height } = photo;
  const [least, most] = [Math.min(width, height), Math.max(width, height)];
  const limited = (most / least) * fit.shortest > fit.longest;
  const exact = limited ? (fit.longest * least) / most : fit.shortest;
  const shortest = Math.max(1, roundHalfEven(exact));
  if (least === shortest) return [height, width];
  // The reference scales the longer side by the unrounded shorter one, and cuts.
  const longest = Math.max(1, Math.floor((exact * most) / least));
  return width < height ? [longest, shortest] : [shortest, longest];
}

/** As Python rounds: halves to the even neighbour. */
function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  return x - down === 0.5 ? down + (down % 2) : Math.round(x);
}

function refuseSize(file: string): never {
  throw new DetectorError(
    'unsupported',
    file,
    'size: expected height and width; other ways to size an image are not supported for this family',
  );
}

/** `size` in any of the spellings that the hub's files have. */
function readSize(
  json: Record<string, unknown>,
  file: ConfigReader,
  { fit }: Preprocessing,
): Pick<Preprocessing, 'size' | 'fit'> {
  // DETR's first files: "size": 800, "max_size": 1333
  const plain = typeof json['size'] === 'number' ? json['size'] : undefined;
  const size = plain === undefined ? file.section('size') : undefined;
  if (size?.has('height') && size.has('width')) return { size: [size.integer('height'), size.integer('width')] };
  if (!fit) refuseSize(file.file);
  const shortest = plain ?? size!.integer('shortest_edge');
  const longest = size ? size.integer('longest_edge') : file.integer('max_size');
  const usual = { fit: { shortest, longest }, size: [shortest, longest] as const, rescale: 1 };
  return { fit: usual.fit, size: inputSize(usual, { width: USUAL_ASPECT, height: 1 }) };
}

/**
 * @param otherwise what holds where the file is not there; a family that takes photos of any shape has a `fit` in it
 * @throws DetectorError `unsupported` for another filter or padding, `checkpoint` for values of the wrong kind
 */
export function readPreprocessing(json: Record<string, unknown> | undefined, otherwise: Preprocessing): Preprocessing {
  if (!json) return otherwise;
  const file = new ConfigReader(json, 'preprocessor_config.json');
  file.oneOf('do_resize', [true], true);
  file.oneOf('resample', [BILINEAR], BILINEAR);
  // Padding is of batches; a photo alone has none.
  if (!otherwise.fit) file.oneOf('do_pad', [false], false);
  const size = readSize(json, file, otherwise);
  const rescale = file.boolean('do_rescale', { otherwise: true })
    ? file.number('rescale_factor', { otherwise: 1 / 255 })
    : 1;
  const base: Preprocessing = { ...size, rescale };
  if (!file.boolean('do_normalize', { otherwise: otherwise.mean !== undefined })) return base;
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
