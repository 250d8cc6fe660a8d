/** The decoder's layers side by side: how many boxes each finds, how far it moves them, and a scrubber through them. */
import { useCallback, useMemo, type KeyboardEvent, type ReactNode } from 'react';
import { Pause, Play } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { summariseLayers } from '../../lib/layers';
import type { LayerId } from '../../lib/types';
import { useAppState, useAppStore } from '../../state/react';
import { currentResult, wholeLayer } from '../../state/select';
import { IconButton } from '../../ui/Button';
import { Slider } from '../../ui/Slider';
import { useShortcuts } from '../../ui/use-shortcuts';
import { LayerCell } from './LayerCell';
import styles from './layers.module.css';
import { usePlay } from './use-play';

export function Layers(): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const result = useAppState(currentResult);
  const threshold = useAppState((state) => state.threshold);
  const playing = useAppState((state) => state.playing);
  const active = useAppState(wholeLayer);
  const summaries = useMemo(() => (result ? summariseLayers(result, threshold) : []), [result, threshold]);
  usePlay();

  const goTo = useCallback(
    (layer: number) => {
      const state = store.getState();
      const last = (currentResult(state)?.layers.length ?? 1) - 1;
      state.setPlaying(false);
      state.setLayerPosition(layer >= last ? null : Math.max(layer, 0));
    },
    [store],
  );
  const toggle = useCallback(() => store.getState().setPlaying(!store.getState().playing), [store]);
  useShortcuts(
    useMemo(() => {
      const by = (step: number) => () => goTo(wholeLayer(store.getState()) + step);
      return { '[': by(-1), ']': by(1), ArrowLeft: by(-1), ArrowRight: by(1), p: toggle };
    }, [goTo, toggle, store]),
  );

  const most = Math.max(1, ...summaries.map(({ count }) => count));
  const farthest = Math.max(1, ...summaries.map(({ movement }) => movement));
  return (
    <section className={styles['layers']} aria-label={t('layers.title')}>
      <IconButton
        label={playing ? t('layers.pause') : t('layers.play')}
        shortcut="P"
        onClick={toggle}
        disabled={summaries.length < 2}
        className={styles['play']!}
      >
        {playing ? <Pause /> : <Play />}
      </IconButton>
      <div className={styles['steps']} style={{ '--steps': Math.max(summaries.length, 1) }}>
        {summaries.length === 0 ? <p className={styles['none']}>{t('layers.none')}</p> : null}
        <div className={styles['cells']} role="group" aria-label={t('layers.choose')}>
          {summaries.map((summary, index) => (
            <LayerCell
              key={index}
              summary={summary}
              part={summary.count / most}
              moved={summary.movement / farthest}
              active={index === active}
              onChoose={() => goTo(index)}
            />
          ))}
        </div>
        {summaries.length < 2 ? null : <Scrubber layers={summaries.map(({ layer }) => layer)} onKey={goTo} />}
      </div>
    </section>
  );
}

/** Drags freely between layers and comes to rest on the nearest; keys go layer by layer. */
function Scrubber({ layers, onKey }: { layers: readonly LayerId[]; onKey(layer: number): void }): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const last = Math.max(layers.length - 1, 0);
  const position = useAppState((state) => Math.min(state.layerPosition ?? last, last));
  const nearest = Math.round(position);
  const shown = layers[nearest] ?? 'select';
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -1, PageUp: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onKey(nearest + step);
  };
  return (
    <Slider
      label={t('layers.scrub')}
      value={position}
      min={0}
      max={last}
      step={0.01}
      valueText={shown === 'select' ? t('layers.select') : t('layers.layer', { number: shown })}
      onChange={(value) => {
        store.getState().setPlaying(false);
        store.getState().setLayerPosition(value >= last ? null : value);
      }}
      onCommit={(value) => onKey(Math.round(value))}
      onKeyDown={press}
      className={styles['scrubber']!}
    />
  );
}
