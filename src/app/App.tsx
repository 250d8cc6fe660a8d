/** The page: the image and its layers on the left, details on the right (below on narrow screens). */
import type { ReactNode } from 'react';
import { Tooltip } from 'radix-ui';
import { useTranslation } from 'react-i18next';
import { Images } from '../panels/images/Images';
import { Layers } from '../panels/layers/Layers';
import { Notices } from '../panels/notices/Notices';
import { Stage } from '../panels/stage/Stage';
import { SessionContext, useAppState, type Session } from '../state/react';
import styles from './app.module.css';
import { DropZone } from './DropZone';
import { ErrorBoundary } from './ErrorBoundary';
import { Header } from './Header';
import { SideTabs } from './SideTabs';

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
  return (
    <div className={styles['page']} style={{ '--side': `${sideWidth}px` }}>
      <Header />
      <main className={styles['work']}>
        <ErrorBoundary panel={t('stage.title')}>
          <Stage />
        </ErrorBoundary>
        <ErrorBoundary panel={t('layers.title')}>
          <Layers />
        </ErrorBoundary>
        <ErrorBoundary panel={t('images.title')}>
          <Images />
        </ErrorBoundary>
        <ErrorBoundary panel={t('notices.title')}>
          <Notices />
        </ErrorBoundary>
      </main>
      <SideTabs />
      <DropZone />
    </div>
  );
}
