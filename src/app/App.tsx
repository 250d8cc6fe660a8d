/** The page: the image and its layers on the left, details on the right (below on narrow screens). */
import { lazy, Suspense, type ReactNode } from 'react';
import { Tooltip } from 'radix-ui';
import { useTranslation } from 'react-i18next';
import { Images } from '../panels/images/Images';
import { Layers } from '../panels/layers/Layers';
import { Notices } from '../panels/notices/Notices';
import { Stage } from '../panels/stage/Stage';
import { SessionContext, useAppState, useCompare, type Session } from '../state/react';
import styles from './app.module.css';
import { DropZone } from './DropZone';
import { ErrorBoundary } from './ErrorBoundary';
import { Header } from './Header';
import { SideTabs } from './SideTabs';

/** Comparing is for some visits: its code comes when it is wanted. */
const Compare = lazy(async () => ({ default: (await import('../panels/compare/Compare')).Compare }));

export function App({ session }: { session: Session }): ReactNode {
  return (
    <SessionContext value={session}>
      <Tooltip.Provider delayDuration={350} skipDelayDuration={200}>
        <Page />
      </Tooltip.Provider>
    </SessionContext>
  );
}

function Page(): ReactNode {
  const { t } = useTranslation();
  const sideWidth = useAppState((state) => state.sideWidth);
  const comparing = useCompare((state) => state.open);
  return (
    <div className={styles['page']} data-comparing={comparing} style={{ '--side': `${sideWidth}px` }}>
      <Header />
      <main className={styles['work']}>
        {comparing ? <Comparison /> : <OneModel />}
        <ErrorBoundary panel={t('images.title')}>
          <Images />
        </ErrorBoundary>
        <ErrorBoundary panel={t('notices.title')}>
          <Notices />
        </ErrorBoundary>
      </main>
      {comparing ? null : <SideTabs />}
      <DropZone />
    </div>
  );
}

function OneModel(): ReactNode {
  const { t } = useTranslation();
  return (
    <>
      <ErrorBoundary panel={t('stage.title')}>
        <Stage />
      </ErrorBoundary>
      <ErrorBoundary panel={t('layers.title')}>
        <Layers />
      </ErrorBoundary>
    </>
  );
}

/** In place of the stage and of everything beside it. */
function Comparison(): ReactNode {
  const { t } = useTranslation();
  return (
    <ErrorBoundary panel={t('compare.title')}>
      <Suspense fallback={<p className={styles['loadingView']}>{t('trainViews.loading')}</p>}>
        <Compare />
      </Suspense>
    </ErrorBoundary>
  );
}
