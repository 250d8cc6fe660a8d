/** Where the query came from: a memory cell of this image, or what was learned for all images. */
import { useMemo, type ReactNode } from 'react';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { PixelXyxy } from '../../lib/boxes';
import { cellOf, tokensAt, type QueryViews } from '../../lib/query-views';
import type { ImageDetections } from '../../lib/types';
import { useAppState, useAppStore } from '../../state/react';
import { wholeLayer } from '../../state/select';
import { buildQueryScene } from '../../ui/drawing/query-views';
import { LookCanvas } from './LookCanvas';
import styles from './query.module.css';
import type { ShownViews } from './shown';

function sentence(t: TFunction, { origin, levels, query }: QueryViews, { width, height }: ImageDetections): string {
  if (origin.kind === 'learned') {
    if (!origin.anchor) return t('query.learned');
    const [x, y] = origin.anchor;
    return t('query.learnedAt', { x: Math.round(x * width), y: Math.round(y * height) });
  }
  const cell = cellOf(levels, origin.token);
  if (!cell) return '';
  const [rows, columns] = levels[cell.level]!;
  const place = { level: cell.level + 1, row: cell.row + 1, column: cell.column + 1, rows, columns };
  return t('query.selected', { rank: query + 1, ...place });
}

export function Origin(shown: ShownViews): ReactNode {
  const { t } = useTranslation();
  const { views, result } = shown;
  const { origin, selection } = views;
  const score = origin.kind === 'selected' ? selection?.[origin.token] : undefined;
  return (
    <section className={styles['origin']} aria-label={t('query.origin')}>
      {selection ? <SelectionPicture {...shown} selection={selection} /> : null}
      <div>
        <h3>{t('query.origin')}</h3>
        <p>{sentence(t, views, result)}</p>
        {score === undefined ? null : <p>{t('query.selectedScore', { score: score.toFixed(3) })}</p>}
      </div>
    </section>
  );
}

/** Clicking it shows the query selection on the stage. */
function SelectionPicture({
  views,
  result,
  picture,
  selection,
  onPoint,
}: ShownViews & { selection: Float32Array }): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const active = useAppState(wholeLayer) === 0;
  const scene = useMemo(
    () => buildQueryScene(views, result, { layer: 'select', head: null, colour: 'head', past: false, among: false }),
    [views, result],
  );
  const region = useMemo((): PixelXyxy => [0, 0, result.width, result.height], [result]);
  const describe = (place: { x: number; y: number } | null): void => {
    const tokens = place ? tokensAt(views.levels, place.x / result.width, place.y / result.height) : [];
    const texts = tokens.flatMap((token) => {
      const cell = cellOf(views.levels, token);
      if (!cell) return [];
      const at = { level: cell.level + 1, row: cell.row + 1, column: cell.column + 1 };
      return [t('query.cellScore', { ...at, score: selection[token]!.toFixed(3) })];
    });
    onPoint(texts.length > 0 ? texts.join('; ') : null);
  };
  const show = (): void => {
    store.getState().setPlaying(false);
    store.getState().setLayerPosition(0);
  };
  const highest = scene.heat?.highest ?? 0;
  return (
    <button
      type="button"
      aria-pressed={active}
      aria-label={t('query.selection', { score: highest.toFixed(2) })}
      onClick={show}
    >
      <LookCanvas
        scene={scene}
        box={null}
        colour=""
        region={region}
        size={result}
        picture={picture}
        onPlace={describe}
      />
    </button>
  );
}
