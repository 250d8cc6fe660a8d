/** The Detections tab, with what the followed query looked at below the table where that is open; its code comes then. */
import { lazy, Suspense, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Detections } from '../panels/detections/Detections';
import { useAppState } from '../state/react';
import styles from './app.module.css';
import { ErrorBoundary } from './ErrorBoundary';

const Query = lazy(async () => ({ default: (await import('../panels/query/Query')).Query }));

export function DetectionsTab(): ReactNode {
  const { t } = useTranslation();
  const looking = useAppState((state) => state.looking);
  const follows = useAppState((state) => state.selectedQuery !== null);
  return (
    <div className={styles['detections']} data-looking={looking} data-follows={follows}>
      <Detections />
      {looking ? (
        <ErrorBoundary panel={t('query.title')}>
          <Suspense fallback={<p className={styles['loadingView']}>{t('trainViews.loading')}</p>}>
            <Query />
          </Suspense>
        </ErrorBoundary>
      ) : null}
    </div>
  );
}
