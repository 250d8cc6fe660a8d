/** The row over the image: score threshold, trails or what is done to labels, tags, zoom. */
import type { ReactNode } from 'react';
import { ScanEye, Tag } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { switchLooking } from '../../state/looking';
import { useAppState, useAppStore, useLabels } from '../../state/react';
import { MAX_THRESHOLD, MIN_THRESHOLD } from '../../state/view';
import { IconButton } from '../../ui/Button';
import { formatPercent } from '../../ui/format';
import { LabelledSlider } from '../../ui/LabelledSlider';
import { Segmented } from '../../ui/Segmented';
import { ZoomButtons, type ZoomActions } from '../../ui/ZoomButtons';
import { LabelTools } from './LabelTools';
import styles from './stage.module.css';

interface StageToolbarProps {
  zoom: ZoomActions;
  magnification: number;
}

export function StageToolbar({ zoom, magnification }: StageToolbarProps): ReactNode {
  const { t } = useTranslation();
  const mode = useLabels((state) => state.mode);
  return (
    <div className={styles['toolbar']}>
      <ThresholdSlider />
      {mode === 'label' ? <LabelTools /> : <TrailsChoice />}
      <TagsButton />
      {mode === 'label' ? null : <LookingButton />}
      <div className={styles['zoom']} role="group" aria-label={t('stage.zoom')}>
        <ZoomButtons
          zoom={zoom}
          magnification={<span className={styles['magnification']}>{formatPercent(magnification)}</span>}
        />
      </div>
    </div>
  );
}

function ThresholdSlider(): ReactNode {
  const { t } = useTranslation();
  const threshold = useAppState((state) => state.threshold);
  const setThreshold = useAppState((state) => state.setThreshold);
  return (
    <LabelledSlider
      name={t('stage.threshold')}
      label={t('stage.thresholdLong')}
      value={threshold}
      min={MIN_THRESHOLD}
      max={MAX_THRESHOLD}
      step={0.01}
      valueText={threshold.toFixed(2)}
      onChange={setThreshold}
      className={styles['threshold']!}
    />
  );
}

function TrailsChoice(): ReactNode {
  const { t } = useTranslation();
  const trails = useAppState((state) => state.trails);
  const setTrails = useAppState((state) => state.setTrails);
  return (
    <div className={styles['trails']}>
      <span aria-hidden="true">{t('stage.trails')}</span>
      <Segmented
        label={t('stage.trailsLong')}
        value={trails}
        options={(['off', 'one', 'all'] as const).map((value) => ({ value, label: t(`stage.trail.${value}`) }))}
        onChange={setTrails}
      />
    </div>
  );
}

function TagsButton(): ReactNode {
  const { t } = useTranslation();
  const showLabels = useAppState((state) => state.showLabels);
  const setShowLabels = useAppState((state) => state.setShowLabels);
  return (
    <IconButton
      label={t('stage.tags')}
      shortcut="G"
      aria-pressed={showLabels}
      onClick={() => setShowLabels(!showLabels)}
    >
      <Tag />
    </IconButton>
  );
}

/** Whether the followed query's view is open. */
function LookingButton(): ReactNode {
  const { t } = useTranslation();
  const looking = useAppState((state) => state.looking);
  const store = useAppStore();
  return (
    <IconButton label={t('query.toggle')} shortcut="V" aria-pressed={looking} onClick={() => switchLooking(store)}>
      <ScanEye />
    </IconButton>
  );
}
