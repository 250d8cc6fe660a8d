/**
 * A checkpoint for other classes: every class head gets one row for each name. A name that the checkpoint knows starts from its
 * row, a new one from zero weights and the prior that RetinaNet starts with (arXiv 1708.02002, section 4.1).
 *
 * C classes before, N names, D width.
 */
import { DetectorError } from '../lib/errors';
import { between, seededRandom } from '../lib/random';
import { requireFamily, type ModelFiles } from './load';
import { tensorSource, type PlainTensor } from './tensors';

/** Share of queries that a new class expects to find something with. */
const PRIOR = 0.01;
export const PRIOR_BIAS = -Math.log((1 - PRIOR) / PRIOR);

/** Tensors [C,D] and [C] of the class heads, by family. */
const HEADS: Readonly<Record<string, RegExp>> = {
  stepdetr: /^(class_head|select_class)\.(weight|bias)$/,
  deimv2: /^decoder\.(enc_score_head|dec_score_head\.\d+)\.(weight|bias)$/,
};
/** [C+1,D], the last row for padding: DEIMv2's denoising queries. Nothing here reads it, its authors' code does. */
const DENOISING = 'decoder.denoising_class_embed.weight';

/** How names are compared. */
const keyOf = (name: string): string => name.trim().toLowerCase();

/** For each name the row that it starts from; -1 for a new class. */
export function knownRows(classes: readonly string[], names: readonly string[]): number[] {
  const keys = classes.map(keyOf);
  return names.map((name) => keys.indexOf(keyOf(name)));
}

function refuse(names: readonly string[]): void {
  const fail = (message: string): never => {
    throw new DetectorError('annotations', 'classes', message);
  };
  if (names.length === 0) fail('expected at least one class, got none');
  const seen = new Set<string>();
  for (const name of names) {
    if (keyOf(name) === '') fail('expected a name for every class, got an empty one');
    if (seen.has(keyOf(name))) fail(`expected every class once, got "${name.trim()}" twice`);
    seen.add(keyOf(name));
  }
}

/** One row of `width` numbers for each name: the row of `values` that it starts from, else `fresh`. */
function pick(
  values: Float32Array,
  width: number,
  rows: readonly number[],
  fresh: () => number,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(rows.length * width);
  rows.forEach((from, row) => {
    for (let i = 0; i < width; i++) out[row * width + i] = from < 0 ? fresh() : values[from * width + i]!;
  });
  return out;
}

function adapted({ weights, classes }: ModelFiles, heads: RegExp, rows: readonly number[]): Map<string, PlainTensor> {
  const made = new Map<string, PlainTensor>();
  const random = seededRandom(DENOISING);
  // mean 0 and variance 1, as the authors' embedding starts
  const embedding = (): number => between(random, -Math.sqrt(3), Math.sqrt(3));
  for (const name of weights.names) {
    if (heads.test(name)) {
      const [, ...rest] = weights.shape(name);
      const fresh = rest.length === 0 ? PRIOR_BIAS : 0;
      const data = pick(weights.float32(name), rest[0] ?? 1, rows, () => fresh);
      made.set(name, { shape: [rows.length, ...rest], data });
    } else if (name === DENOISING) {
      const width = weights.shape(name)[1]!;
      const data = pick(weights.float32(name), width, [...rows, classes.length], embedding);
      made.set(name, { shape: [rows.length + 1, width], data });
    }
  }
  return made;
}

/** config.json with the names; where it counts the classes, their number. */
function configFor(config: ModelFiles['config'], names: readonly string[]): ModelFiles['config'] {
  const counts = ['classes', 'num_classes', 'num_labels'].filter((key) => typeof config[key] === 'number');
  return {
    ...config,
    ...Object.fromEntries(counts.map((key) => [key, names.length])),
    id2label: Object.fromEntries(names.map((name, id) => [String(id), name])),
    ...('label2id' in config && { label2id: Object.fromEntries(names.map((name, id) => [name, id])) }),
  };
}

/**
 * The checkpoint with a class for each name, in their order. Names are compared trimmed and without case.
 * @param rows where each name starts, -1 for nothing; as `knownRows` gives them where it is left out
 * @returns files that load like the given ones; `made` names the tensors that are new
 * @throws DetectorError `annotations` for no name, an empty one or one that is there twice; `unsupported` for another family
 */
export function adaptClasses(files: ModelFiles, names: readonly string[], rows?: readonly number[]): ModelFiles {
  refuse(names);
  const trimmed = names.map((name) => name.trim());
  const family = requireFamily(files.config);
  const made = adapted(files, HEADS[family]!, rows ?? knownRows(files.classes, trimmed));
  return {
    ...files,
    config: configFor(files.config, trimmed),
    classes: trimmed,
    weights: tensorSource(files.weights.name, made, files.weights),
    made: [...new Set([...(files.made ?? []), ...made.keys()])],
  };
}
