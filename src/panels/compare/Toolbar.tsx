/** The row over the pictures: one layer scrubber and one score for both sides, zoom, saving, and the way back. */
import { useMemo, type ReactNode } from 'react';
import { Maximize, Minus, Plus, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useAppState, useCommands, useCompare, useCompareStore } from '../../state/react';
import { MAX_THRESHOLD, MIN_THRESHOLD } from '../../state/view';
import { Button, IconButton } from '../../ui/Button';
import { formatPercent } from '../../ui/format';
import { Slider } from '../../ui/Slider';
import { useShortcuts } from '../../ui/use-shortcuts';
import styles from './compare.module.css';
import { SaveMenus } from './SaveMenus';
import type { Shown } from './use-comparison';
import type { ZoomButtons } from './use-pictures';

export function Toolbar({ shown, zoom }: { shown: Shown; zoom: ZoomButtons }): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  useShortcuts(useMemo(() => ({ '0': zoom.fit, '+': zoom.in, '=': zoom.in, '-': zoom.out }), [zoom]));
  return (
    <div className={styles['toolbar']}>
      <LayerSlider shown={shown} />
      <ScoreSlider />
      <div className={styles['zoom']} role="group" aria-label={t('stage.zoom')}>
        <IconButton label={t('stage.zoomOut')} shortcut="-" onClick={zoom.out}>
          <Minus />
        </IconButton>
        <IconButton label={t('stage.zoomIn')} shortcut="+" onClick={zoom.in}>
          <Plus />
        </IconButton>
        <IconButton label={t('stage.fit')} shortcut="0" onClick={zoom.fit}>
          <Maximize />
        </IconButton>
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
  const text = formatPercent(value / steps);
  return (
    <div className={styles['slider']}>
      <span aria-hidden="true">{t('compare.layers')}</span>
      <Slider
        label={t('compare.layersLong')}
        value={value}
        min={0}
        max={steps}
        step={1}
        valueText={text}
        onChange={choose}
        className={styles['track']!}
      />
      <output>{text}</output>
    </div>
  );
}

function ScoreSlider(): ReactNode {
  const { t } = useTranslation();
  const threshold = useAppState((state) => state.threshold);
  const setThreshold = useAppState((state) => state.setThreshold);
  return (
    <div className={styles['slider']}>
      <span aria-hidden="true">{t('stage.threshold')}</span>
      <Slider
        label={t('stage.thresholdLong')}
        value={threshold}
        min={MIN_THRESHOLD}
        max={MAX_THRESHOLD}
        step={0.01}
        valueText={threshold.toFixed(2)}
        onChange={setThreshold}
        className={styles['track']!}
      />
      <output>{threshold.toFixed(2)}</output>
    </div>
  );
}
