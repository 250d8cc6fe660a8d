/**
 * Published checkpoints that this program computes: the embedded one and those of the Hugging Face hub. AP is on COCO
 * val2017 in percent, as the authors publish it for these weights; sizes are those of model.safetensors.
 */
import type { ModelFamily } from './types';

export interface CatalogueEntry {
  /** As the browser keeps it: "owner--name", or the embedded checkpoint's own. */
  readonly id: string;
  readonly name: string;
  /** "owner/name" on the hub; null: it comes with the page. */
  readonly repo: string | null;
  readonly family: ModelFamily;
  /** Null where nobody has published it, as with `ap`. */
  readonly megabytes: number | null;
  readonly licence: string;
  readonly ap: number | null;
}

type Published = readonly [name: string, megabytes: number | null, ap: number | null];

const APACHE = 'Apache-2.0';

/** Checkpoints of one owner and family; all of these are Apache-2.0. */
function published(owner: string, family: ModelFamily, models: readonly Published[]): CatalogueEntry[] {
  return models.map(([name, megabytes, ap]) => {
    const repo = `${owner}/${name}`;
    return { id: repo.replace('/', '--'), name: repo, repo, family, megabytes, licence: APACHE, ap };
  });
}

export const CATALOGUE: readonly CatalogueEntry[] = [
  // Its AP is measured on 204 photos, not on all of val2017.
  {
    id: 'stepdetr_s',
    name: 'StepDETR-S',
    repo: null,
    family: 'stepdetr',
    megabytes: 7,
    licence: APACHE,
    ap: null,
  },
  // arXiv 2005.12872, table 1.
  ...published('facebook', 'detr', [
    ['detr-resnet-50', 167, 42.0],
    ['detr-resnet-50-dc5', 167, 43.3],
    ['detr-resnet-101', 243, 43.5],
    ['detr-resnet-101-dc5', 243, 44.9],
  ]),
  // The authors' repository, 50 epochs.
  ...published('SenseTime', 'deformable_detr', [
    ['deformable-detr', 161, 44.5],
    ['deformable-detr-single-scale', 137, 39.4],
    ['deformable-detr-with-box-refine', 164, 46.2],
    ['deformable-detr-with-box-refine-two-stage', 165, 46.9],
  ]),
  // Model zoo of the authors' PyTorch version, whose weights these are.
  ...published('PekingU', 'rt_detr', [
    ['rtdetr_r18vd', 81, 46.4],
    ['rtdetr_r34vd', 126, 48.9],
    ['rtdetr_r50vd', 172, 53.1],
    ['rtdetr_r101vd', 307, 54.3],
    ['rtdetr_r18vd_coco_o365', 81, 49.0],
    ['rtdetr_r50vd_coco_o365', 172, 55.2],
    ['rtdetr_r101vd_coco_o365', 307, 56.2],
  ]),
  // arXiv 2407.17140, table 2.
  ...published('PekingU', 'rt_detr_v2', [
    ['rtdetr_v2_r18vd', null, 47.9],
    ['rtdetr_v2_r34vd', 126, 49.9],
    ['rtdetr_v2_r50vd', 172, 53.4],
    ['rtdetr_v2_r101vd', null, 54.3],
  ]),
  // arXiv 2410.13842 and the authors' repository.
  ...published('ustc-community', 'd_fine', [
    ['dfine-nano-coco', 15, 42.8],
    ['dfine-small-coco', 41, 48.5],
    ['dfine-medium-coco', null, 52.3],
  ]),
  // arXiv 2509.20787; the larger variants have other parts, which are not computed here.
  ...published('Intellindust', 'deimv2', [
    ['DEIMv2_HGNetv2_ATTO_COCO', 2, 23.8],
    ['DEIMv2_HGNetv2_FEMTO_COCO', 4, 31.0],
    ['DEIMv2_HGNetv2_PICO_COCO', null, 38.5],
  ]),
];

export type CatalogueColumn = 'name' | 'family' | 'ap' | 'megabytes' | 'licence' | 'ms';

export interface CatalogueOrder {
  column: CatalogueColumn;
  descending: boolean;
}

/** An entry and what is known of it on this machine. */
export interface CatalogueRow extends CatalogueEntry {
  /** Median milliseconds from photo to boxes on this device; null where it has not run here. */
  readonly ms: number | null;
}

/** Rows in the order of a column; what is not known comes last whichever way, equal rows stay as they were. */
export function sortCatalogue(rows: readonly CatalogueRow[], { column, descending }: CatalogueOrder): CatalogueRow[] {
  const sign = descending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [x, y] = [a[column], b[column]];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return sign * (typeof x === 'number' ? x - Number(y) : x.localeCompare(String(y), 'en', { numeric: true }));
  });
}

/** Rows that have every word of `text` in their name, family or licence; `familyName` is how the page calls the family. */
export function filterCatalogue<T extends CatalogueEntry>(
  rows: readonly T[],
  text: string,
  familyName: (family: ModelFamily) => string,
): T[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(({ name, family, licence }) => {
    const said = `${name} ${familyName(family)} ${licence}`.toLowerCase();
    return words.every((word) => said.includes(word));
  });
}
