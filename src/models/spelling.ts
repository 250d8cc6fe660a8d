/**
 * Two spellings of the same tensors. transformers 5 renamed parts of the DETR families (its conversion_mapping.py); the hub's
 * files, and what transformers saves by default, have the older names, which are the ones that our rules read.
 */
import { DetectorError } from '../lib/errors';
import type { TensorSource } from '../lib/tensor-source';
import type { ModelFamily } from '../lib/types';

/** What stands in a newer name, and what stands there in the older one. */
type Renaming = readonly [newer: RegExp, older: string];

const OUTPUT: Renaming = [/_attn\.o_proj(?=\.)/, '_attn.out_proj'];
const HIDDEN: Renaming = [/(\.layers\.\d+)\.mlp\.(fc[12])(?=\.)/, '$1.$2'];
const TIMM: Renaming = [/^model\.backbone\.model\./, 'model.backbone.conv_encoder.model.'];
const AIFI: Renaming = [/^model\.encoder\.aifi\.(\d+)\.layers\./, 'model.encoder.encoder.$1.layers.'];
const NUMBERED: readonly Renaming[] = [
  [/(\.layers\.\d+)\.mlp\.layers\.0(?=\.)/, '$1.fc1'],
  [/(\.layers\.\d+)\.mlp\.layers\.1(?=\.)/, '$1.fc2'],
];

const RENAMINGS: Partial<Record<ModelFamily, readonly Renaming[]>> = {
  detr: [TIMM, OUTPUT, HIDDEN],
  deformable_detr: [TIMM, OUTPUT, HIDDEN],
  rt_detr: [AIFI, OUTPUT, HIDDEN],
  rt_detr_v2: [AIFI, OUTPUT, HIDDEN],
  d_fine: [AIFI, OUTPUT, ...NUMBERED],
};

/** The older spelling of a tensor's name; an older name, or one that both have, stays. */
export function canonicalName(tensor: string, family: ModelFamily): string {
  return (RENAMINGS[family] ?? []).reduce((name, [newer, older]) => name.replace(newer, older), tensor);
}

/** Families that keep the decoder's heads under the decoder; some files have them, or copies of them, at the top. */
const HEADS_IN_DECODER: readonly ModelFamily[] = ['rt_detr', 'rt_detr_v2', 'd_fine'];
const HEAD = /^(class|bbox)_embed\./;
const IN_DECODER = 'model.decoder.';

/** Where a head belongs, whatever its place in the file. */
function headPlace(tensor: string, family: ModelFamily): string {
  return HEADS_IN_DECODER.includes(family) && HEAD.test(tensor) ? IN_DECODER + tensor : tensor;
}

/**
 * A file's own names by their canonical ones; several only of a head that it has in two places.
 * @throws DetectorError `checkpoint` where a file has a tensor in both spellings
 */
function ownNames(file: string, names: readonly string[], family: ModelFamily): Map<string, string[]> {
  const own = new Map<string, string[]>();
  for (const name of names) {
    const spelled = canonicalName(name, family);
    const canonical = headPlace(spelled, family);
    const before = own.get(canonical) ?? [];
    if (before.length > 0 && !HEAD.test(canonical.slice(IN_DECODER.length)))
      throw new DetectorError(
        'checkpoint',
        file,
        `tensor ${canonical}: expected one, got two, ${before[0]} and ${name}`,
      );
    // the one in its place counts, the others are its copies
    own.set(canonical, spelled === canonical ? [name, ...before] : [...before, name]);
  }
  return own;
}

/**
 * The file under canonical names, whichever spelling it has.
 * @throws DetectorError `checkpoint` where it has a tensor in both
 */
export function canonicalNames(source: TensorSource, family: ModelFamily): TensorSource {
  const own = ownNames(source.name, source.names, family);
  const inFile = (tensor: string): string => own.get(tensor)?.[0] ?? tensor;
  return {
    name: source.name,
    names: [...own.keys()],
    shape: (tensor) => source.shape(inFile(tensor)),
    float32: (tensor) => source.float32(inFile(tensor)),
  };
}

/**
 * Tensors by canonical names under the names that the file has for them, to go back into it; those it has not keep theirs.
 * @throws DetectorError as canonicalNames
 */
export function namedAsIn<T>(
  source: Pick<TensorSource, 'name' | 'names'>,
  family: ModelFamily,
  tensors: ReadonlyMap<string, T>,
): Map<string, T> {
  const own = ownNames(source.name, source.names, family);
  return new Map([...tensors].flatMap(([tensor, value]) => (own.get(tensor) ?? [tensor]).map((name) => [name, value])));
}
