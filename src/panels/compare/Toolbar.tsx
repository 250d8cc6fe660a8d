/** The row over the pictures: one layer scrubber and one score for both sides, zoom, saving, and the way back. */
import { useMemo, type ReactNode } from 'react';
import { X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useAppState, useCommands, useCompare, useCompareStore } from '../../state/react';
import { MAX_THRESHOLD, MIN_THRESHOLD } from '../../state/view';
import { Button } from '../../ui/Button';
import { formatPercent } from '../../ui/format';
import { LabelledSlider } from '../../ui/LabelledSlider';
import { useShortcuts } from '../../ui/use-shortcuts';
import { ZoomButtons, type ZoomActions } from '../../ui/ZoomButtons';
import styles from './compare.module.css';
import { SaveMenus } from './SaveMenus';
import type { Shown } from './use-comparison';

export function Toolbar({ shown, zoom }: { shown: Shown; zoom: ZoomActions }): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  useShortcuts(useMemo(() => ({ '0': zoom.fit, '+': zoom.in, '=': zoom.in, '-': zoom.out }), [zoom]));
  return (
    <div className={styles['toolbar']}>
      <LayerSlider shown={shown} />
      <ScoreSlider />
      <div className={styles['zoom']} role="group" aria-label={t('stage.zoom')}>
        <ZoomButtons zoom={zoom} />
        <SaveMenus shown={shown} />
      </div>
      <Button onClick={commands.closeCompare}>
        <X />
        {t('compare.close')}
      </Button>
    </div>
  );
}

/** As many steps as the deeper model has layers; the other one is shown as far along. */
function LayerSlider({ shown }: { shown: Shown }): ReactNode {
  const { t } = useTranslation();
  const store = useCompareStore();
  const position = useCompare((state) => state.position);
  const { left, right } = shown.sides;
  const steps = Math.max(left.result?.layers.length ?? 0, right.result?.layers.length ?? 0, 2) - 1;
  const value = Math.round((position ?? 1) * steps);
  const choose = (step: number): void => {
    const next = Math.min(Math.max(step, 0), steps);
    store.getState().setPosition(next === steps ? null : next / steps);
  };
  useShortcuts({ '[': () => choose(value - 1), ']': () => choose(value + 1) });
  return (
    <LabelledSlider
      name={t('compare.layers')}
      label={t('compare.layersLong')}
      value={value}
      min={0}
      max={steps}
      step={1}
      valueText={formatPercent(value / steps)}
      onChange={choose}
      className={styles['slider']!}
    />
  );
}

function ScoreSlider(): ReactNode {
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
      className={styles['slider']!}
    />
  );
}
