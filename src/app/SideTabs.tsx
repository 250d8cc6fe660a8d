/** The side panel: detections, labels, training, model, device; its width is the person's choice. */
import { type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';
import { Tabs } from 'radix-ui';
import { useTranslation } from 'react-i18next';
import { DevicePanel } from '../panels/device/DevicePanel';
import { LabelPanel } from '../panels/label/LabelPanel';
import { useAppState, useAppStore, useTraining } from '../state/react';
import { SIDE_WIDTH, type SidePanel } from '../state/view';
import styles from './app.module.css';
import { DetectionsTab } from './DetectionsTab';
import { ErrorBoundary } from './ErrorBoundary';
import { ModelTab } from './ModelTab';
import { TrainTab } from './TrainTab';

const PANELS: readonly { id: SidePanel; Panel: () => ReactNode }[] = [
  { id: 'detections', Panel: DetectionsTab },
  { id: 'label', Panel: LabelPanel },
  { id: 'train', Panel: TrainTab },
  { id: 'model', Panel: ModelTab },
  { id: 'device', Panel: DevicePanel },
];

export function SideTabs(): ReactNode {
  const { t } = useTranslation();
  const sidePanel = useAppState((state) => state.sidePanel);
  const setSidePanel = useAppState((state) => state.setSidePanel);
  const wide = useTraining((state) => state.wide) && sidePanel === 'train';
  return (
    <aside id="details" tabIndex={-1} className={styles['side']} data-wide={wide} aria-label={t('app.side')}>
      <SideResizer />
      <Tabs.Root
        className={styles['tabs']!}
        value={sidePanel}
        onValueChange={(value) => setSidePanel(PANELS.find(({ id }) => id === value)?.id ?? 'detections')}
      >
        <Tabs.List className={styles['tabList']!} aria-label={t('app.side')}>
          {PANELS.map(({ id }) => (
            <Tabs.Trigger key={id} value={id} className={styles['tab']!}>
              {t(`tabs.${id}`)}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {PANELS.map(({ id, Panel }) => (
          <Tabs.Content key={id} value={id} className={styles['tabBody']!}>
            <ErrorBoundary panel={t(`tabs.${id}`)}>
              <Panel />
            </ErrorBoundary>
          </Tabs.Content>
        ))}
      </Tabs.Root>
    </aside>
  );
}

const STEP = 16;

/** Drag or arrow keys. */
function SideResizer(): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const width = useAppState((state) => state.sideWidth);
  const drag = (event: PointerEvent<HTMLDivElement>): void => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    store.getState().setSideWidth(window.innerWidth - event.clientX);
  };
  const press = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: STEP, ArrowRight: -STEP }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    store.getState().setSideWidth(width + by);
  };
  return (
    <div
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={t('app.sideSize')}
      aria-valuenow={width}
      aria-valuemin={SIDE_WIDTH.least}
      aria-valuemax={SIDE_WIDTH.most}
      className={styles['resizer']}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={press}
    />
  );
}
