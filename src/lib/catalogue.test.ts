import { describe, expect, it } from 'vitest';
import { CATALOGUE, filterCatalogue, sortCatalogue, type CatalogueRow } from './catalogue';

const rows: CatalogueRow[] = CATALOGUE.map((entry) => ({ ...entry, ms: entry.id === 'stepdetr_s' ? 12 : null }));
const names = (list: readonly CatalogueRow[]): string[] => list.map(({ name }) => name);

describe('the catalogue', () => {
  it('names every checkpoint once, under the id that the browser keeps it by', () => {
    expect(new Set(CATALOGUE.map(({ id }) => id)).size).toBe(CATALOGUE.length);
    for (const { id, repo } of CATALOGUE) if (repo !== null) expect(id).toBe(repo.replace('/', '--'));
    expect(CATALOGUE.filter(({ repo }) => repo === null).map(({ id }) => id)).toEqual(['stepdetr_s']);
  });

  it('has plausible figures: AP in percent, sizes in megabytes', () => {
    for (const { ap, megabytes } of CATALOGUE) {
      if (ap !== null) expect(Math.abs(ap - 45)).toBeLessThanOrEqual(25);
      if (megabytes !== null) expect(Math.abs(Math.log10(megabytes / 30))).toBeLessThanOrEqual(1.5);
    }
  });

  it('sorts either way with the unknown last', () => {
    const best = sortCatalogue(rows, { column: 'ap', descending: true });
    expect(best[0]!.ap).toBe(56.2);
    expect(best.at(-1)!.ap).toBeNull();
    const worst = sortCatalogue(rows, { column: 'ap', descending: false });
    expect(worst[0]!.ap).toBe(23.8);
    expect(worst.at(-1)!.ap).toBeNull();
    expect(sortCatalogue(rows, { column: 'ms', descending: true })[0]!.id).toBe('stepdetr_s');
  });

  it('sorts names as people read them', () => {
    const rt = rows.filter(({ family }) => family === 'rt_detr_v2');
    expect(names(sortCatalogue(rt, { column: 'name', descending: false }))).toEqual([
      'PekingU/rtdetr_v2_r18vd',
      'PekingU/rtdetr_v2_r34vd',
      'PekingU/rtdetr_v2_r50vd',
      'PekingU/rtdetr_v2_r101vd',
    ]);
  });

  it('filters by words of name, family and licence', () => {
    const family = (id: string): string => (id === 'detr' ? 'DETR' : id === 'd_fine' ? 'D-FINE' : 'other');
    expect(names(filterCatalogue(rows, 'd-fine NANO', family))).toEqual(['ustc-community/dfine-nano-coco']);
    expect(filterCatalogue(rows, ' ', family)).toHaveLength(rows.length);
    expect(filterCatalogue(rows, 'apache', family)).toHaveLength(rows.length);
    expect(filterCatalogue(rows, 'yolo', family)).toEqual([]);
  });
});
