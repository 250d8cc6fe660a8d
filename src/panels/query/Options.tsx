/** Which heads are drawn, in which colours, and whether other queries are. Only what this model has. */
import type { ReactNode } from 'react';
import { Waypoints } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { hasView, type QueryViews } from '../../lib/query-views';
import { useAppState, useAppStore } from '../../state/react';
import { Button } from '../../ui/Button';
import { headColour } from '../../ui/drawing/query-views';
import { Segmented } from '../../ui/Segmented';
import styles from './query.module.css';

export function Options({ views }: { views: QueryViews }): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const colour = useAppState((state) => state.lookColour);
  const among = useAppState((state) => state.lookAmong);
  const { places, cross } = views.layers[0] ?? {};
  const heads = (places ?? cross)?.heads ?? 0;
  return (
    <div className={styles['options']}>
      {heads > 1 ? <Heads heads={heads} coloured={places !== undefined && colour === 'head'} /> : null}
      {places ? (
        <Segmented
          label={t('query.colour')}
          value={colour}
          options={(['head', 'layer'] as const).map((value) => ({ value, label: t(`query.colours.${value}`) }))}
          onChange={store.getState().setLookColour}
        />
      ) : null}
      {hasView(views, 'self') ? (
        <Button
          className={styles['toggle']!}
          aria-pressed={among}
          title={t('query.amongLong')}
          onClick={() => store.getState().setLookAmong(!among)}
        >
          <Waypoints />
          {t('query.among')}
        </Button>
      ) : null}
    </div>
  );
}

/** All heads or one of them. @param coloured whether each has the colour of its points */
function Heads({ heads, coloured }: { heads: number; coloured: boolean }): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const head = useAppState((state) => state.lookHead);
  const { setLookHead } = store.getState();
  return (
    <div className={styles['heads']} role="group" aria-label={t('query.head')}>
      <button
        type="button"
        aria-pressed={head === null}
        aria-label={t('query.headAll')}
        onClick={() => setLookHead(null)}
      >
        {t('query.all')}
      </button>
      {Array.from({ length: heads }, (_, index) => (
        <button
          key={index}
          type="button"
          aria-pressed={head === index}
          aria-label={t('query.headOne', { number: index + 1 })}
          onClick={() => setLookHead(head === index ? null : index)}
        >
          <i style={{ background: coloured ? headColour(index) : undefined }} />
          {index + 1}
        </button>
      ))}
    </div>
  );
}
