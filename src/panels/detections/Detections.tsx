/** The detections of the current image in numbers, tied to the boxes on the stage. */
import { useDeferredValue, useMemo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useAppState } from '../../state/react';
import { currentNames, currentResult, wholeLayer } from '../../state/select';
import { ClassFilter } from './ClassFilter';
import { DetectionTable } from './DetectionTable';
import styles from './detections.module.css';
import { countClasses, rowsOf } from './rows';
import { SaveMenu } from './SaveMenu';

export function Detections(): ReactNode {
  const { t } = useTranslation();
  const result = useAppState(currentResult);
  const names = useAppState(currentNames);
  const layer = useAppState(wholeLayer);
  const threshold = useAppState((state) => state.threshold);
  const hidden = useAppState((state) => state.hiddenClasses);
  const all = useMemo(() => (result ? rowsOf(result, names, layer, threshold) : []), [result, names, layer, threshold]);
  const rows = useMemo(() => all.filter(({ name }) => !hidden.includes(name)), [all, hidden]);
  // The boxes on the stage follow a slider at once; hundreds of rows may come a moment later.
  const tableRows = useDeferredValue(rows);
  // Where queries are learned there is no query selection before layer 1.
  const shown = result?.layers[layer]?.layer ?? 'select';
  const where = shown === 'select' ? t('layers.select') : t('layers.layer', { number: shown });

  return (
    <section className={styles['detections']} aria-label={t('detections.title')}>
      <header className={styles['head']}>
        <p aria-live="polite">
          {result ? (
            <>
              <strong>{t('detections.count', { count: rows.length })}</strong>{' '}
              <span className={styles['muted']}>{where}</span>
            </>
          ) : null}
        </p>
        <SaveMenu disabled={!result} />
      </header>
      <ClassFilter counts={useMemo(() => countClasses(all), [all])} hidden={hidden} />
      {rows.length > 0 ? (
        <DetectionTable rows={tableRows} />
      ) : (
        <p className={styles['none']}>{result ? t('detections.none') : t('detections.waiting')}</p>
      )}
    </section>
  );
}
