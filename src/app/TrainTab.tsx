/** The Train tab: its panels come with the first look at it, not with the page. It can cover the page, charts need room. */
import { lazy, Suspense, type ReactNode } from 'react';
import { Maximize2, Minimize2 } from 'lucide-react';
import { Tabs } from 'radix-ui';
import { useTranslation } from 'react-i18next';
import { useTraining, useTrainingStore } from '../state/react';
import type { TrainView } from '../state/training';
import { IconButton } from '../ui/Button';
import styles from './app.module.css';
import { ErrorBoundary } from './ErrorBoundary';

const VIEWS: readonly { id: TrainView; View: React.LazyExoticComponent<() => ReactNode> }[] = [
  { id: 'run', View: lazy(async () => ({ default: (await import('../panels/train/Train')).Train })) },
  { id: 'charts', View: lazy(async () => ({ default: (await import('../panels/charts/Charts')).Charts })) },
  { id: 'episode', View: lazy(async () => ({ default: (await import('../panels/episode/Episode')).Episode })) },
  { id: 'heldout', View: lazy(async () => ({ default: (await import('../panels/heldout/HeldOut')).HeldOut })) },
];

export function TrainTab(): ReactNode {
  const { t } = useTranslation();
  const store = useTrainingStore();
  const view = useTraining((state) => state.view);
  const wide = useTraining((state) => state.wide);
  return (
    <Tabs.Root
      className={styles['tabs']!}
      value={view}
      onValueChange={(value) => store.getState().setView(VIEWS.find(({ id }) => id === value)?.id ?? 'run')}
    >
      <div className={styles['subTabs']}>
        <Tabs.List className={styles['subTabList']!} aria-label={t('tabs.train')}>
          {VIEWS.map(({ id }) => (
            <Tabs.Trigger key={id} value={id} className={styles['tab']!}>
              {t(`trainViews.${id}`)}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        <IconButton
          label={wide ? t('trainViews.narrow') : t('trainViews.wide')}
          aria-pressed={wide}
          onClick={() => store.getState().setWide(!wide)}
        >
          {wide ? <Minimize2 /> : <Maximize2 />}
        </IconButton>
      </div>
      {VIEWS.map(({ id, View }) => (
        <Tabs.Content key={id} value={id} className={styles['subBody']!}>
          <ErrorBoundary panel={t(`trainViews.${id}`)}>
            <Suspense fallback={<p className={styles['loadingView']}>{t('trainViews.loading')}</p>}>
              <View />
            </Suspense>
          </ErrorBoundary>
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}
