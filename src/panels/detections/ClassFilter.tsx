/** Classes that were found, with their counts: a click hides or shows one, a double click shows it alone. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useAppStore } from '../../state/react';
import { classColour } from '../../ui/drawing/colours';
import styles from './detections.module.css';
import type { ClassCount } from './rows';

interface ClassFilterProps {
  counts: readonly ClassCount[];
  hidden: readonly string[];
}

export function ClassFilter({ counts, hidden }: ClassFilterProps): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const names = counts.map(({ name }) => name);
  return (
    <div className={styles['classes']} role="group" aria-label={t('detections.classes')}>
      {counts.map(({ name, count }) => (
        <button
          key={name}
          type="button"
          className={styles['chip']}
          aria-pressed={!hidden.includes(name)}
          title={t('detections.chipHint')}
          onClick={() => store.getState().toggleClass(name)}
          onDoubleClick={() => store.getState().soloClass(name, names)}
        >
          <i className={styles['swatch']} style={{ background: classColour(name) }} />
          {name} <span className={styles['muted']}>{count}</span>
        </button>
      ))}
      {hidden.length > 0 ? (
        <button type="button" className={styles['chip']} onClick={() => store.getState().showAllClasses()}>
          {t('detections.showAll')}
        </button>
      ) : null}
    </div>
  );
}
