/** One side: whose it is, the picture with its boxes, and which layer is shown. */
import type { ReactNode, Ref } from 'react';
import { useTranslation } from 'react-i18next';
import type { Side } from '../../lib/compare-models';
import { useAppState, useCompare } from '../../state/react';
import { currentItem } from '../../state/select';
import styles from './compare.module.css';
import { ModelChoice } from './ModelChoice';
import type { Shown } from './use-comparison';

interface PictureFrameProps {
  side: Side;
  shown: Shown;
  /** Takes pointer and wheel. */
  frame: Ref<HTMLDivElement>;
  canvas: Ref<HTMLCanvasElement>;
}

export function PictureFrame({ side, shown, frame, canvas }: PictureFrameProps): ReactNode {
  const { t } = useTranslation();
  const name = useAppState((state) => currentItem(state)?.name ?? '');
  const { model, found, result } = shown.sides[side];
  const label = result
    ? t('compare.picture', { image: name, model: model?.name, count: found.length })
    : t('compare.pictureWaiting', { image: name });
  return (
    <figure className={styles['side']} aria-label={t(`compare.sides.${side}`)}>
      <figcaption className={styles['whose']}>
        {side === 'left' ? <strong>{model?.name ?? t('chips.noModel')}</strong> : <ModelChoice />}
      </figcaption>
      <div ref={frame} className={styles['frame']}>
        <canvas ref={canvas} role="img" aria-label={label} />
      </div>
      <p className={styles['layer']} role="status">
        <LayerText side={side} shown={shown} />
      </p>
    </figure>
  );
}

/** "Layer 3 of 6, 12 boxes", or what it waits for. */
function LayerText({ side, shown }: { side: Side; shown: Shown }): ReactNode {
  const { t } = useTranslation();
  const chosen = useCompare((state) => state.source !== null);
  const failed = useCompare((state) => state.failure !== null);
  const { model, result, layer, found } = shown.sides[side];
  if (side === 'right' && !chosen) return t('compare.chooseHint');
  if (side === 'right' && failed) return t('compare.failed');
  if (!result || !model) return t('compare.detecting');
  const place =
    layer === 'select' ? t('layers.select') : t('compare.layerOf', { number: layer ?? 0, total: model.layers });
  return `${place}, ${t('layers.boxes', { count: found.length })}`;
}
