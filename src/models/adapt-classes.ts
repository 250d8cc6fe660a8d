/**
 * A checkpoint for other classes: every class head gets one row for each name. A name that the checkpoint knows starts from its
 * row, a new one from zero weights and the prior that RetinaNet starts with (arXiv 1708.02002, section 4.1); with softmax scores from
 * zeros, and the row of "no object" stays the last one.
 *
 * C classes before, N names, D width.
 */
import { DetectorError } from '../lib/errors';
import { between, seededRandom } from '../lib/random';
import type { ModelFamily } from '../lib/types';
import { requireFamily, type ModelFiles } from './load';
import { tensorSource, type PlainTensor } from './tensors';

/** Share of queries that a new class expects to find something with. */
const PRIOR = 0.01;
export const PRIOR_BIAS = -Math.log((1 - PRIOR) / PRIOR);

/** A head of every layer, in some files under the decoder's name too, and the query selection's. */
const REAL_TIME = /^((model\.decoder\.)?class_embed\.\d+|model\.enc_score_head)\.(weight|bias)$/;

/** Tensors [C,D] and [C] of the class heads, by family; DETR's have a last row for "no object". */
const HEADS: Readonly<Record<ModelFamily, RegExp>> = {
  stepdetr: /^(class_head|select_class)\.(weight|bias)$/,
  deimv2: /^decoder\.(enc_score_head|dec_score_head\.\d+)\.(weight|bias)$/,
  detr: /^class_labels_classifier\.(weight|bias)$/,
  deformable_detr: /^(model\.decoder\.)?class_embed\.\d+\.(weight|bias)$/,
  rt_detr: REAL_TIME,
  rt_detr_v2: REAL_TIME,
  d_fine: REAL_TIME,
};
/** [C+1,D] of denoising queries, the last row for padding. DEIMv2's is read by nothing here, but by its authors' code. */
const DENOISING = /^(decoder|model)\.denoising_class_embed\.weight$/;

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

/** Numbers of mean 0 and variance 1, as the authors' embeddings start. */
function embeddingOf(name: string): () => number {
  const random = seededRandom(name);
  return () => between(random, -Math.sqrt(3), Math.sqrt(3));
}

/**
 * Where two-stage Deformable DETR ranks its proposals: by the first column of the head behind the layers' (its authors train it as
 * "anything"), which therefore stays the first one whatever the classes.
 */
function ranksProposals(name: string, { config }: ModelFiles): boolean {
  return config['two_stage'] === true && name.includes(`class_embed.${String(config['decoder_layers'])}.`);
}

function adapted(files: ModelFiles, family: ModelFamily, rows: readonly number[]): Map<string, PlainTensor> {
  const { weights, classes } = files;
  const made = new Map<string, PlainTensor>();
  const softmax = family === 'detr';
  const andLast = [...rows, classes.length];
  const make = (name: string, from: readonly number[], fresh: () => number): void => {
    const [, ...rest] = weights.shape(name);
    made.set(name, { shape: [from.length, ...rest], data: pick(weights.float32(name), rest[0] ?? 1, from, fresh) });
  };
  for (const name of weights.names) {
    const prior = name.endsWith('.bias') && !softmax ? PRIOR_BIAS : 0;
    const own = ranksProposals(name, files) ? [0, ...rows.slice(1)] : rows;
    if (HEADS[family].test(name)) make(name, softmax ? andLast : own, () => prior);
    else if (DENOISING.test(name)) make(name, andLast, embeddingOf(name));
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
  const made = adapted(files, family, rows ?? knownRows(files.classes, trimmed));
  return {
    ...files,
    config: configFor(files.config, trimmed),
    classes: trimmed,
    weights: tensorSource(files.weights.name, made, files.weights),
    made: [...new Set([...(files.made ?? []), ...made.keys()])],
  };
}
