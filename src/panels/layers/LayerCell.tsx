/** One layer at a glance: a bar for its boxes, a finer one for how far they moved. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { LayerSummary } from '../../lib/layers';
import { Tip } from '../../ui/Button';
import { formatPx } from '../../ui/format';
import styles from './layers.module.css';

interface LayerCellProps {
  summary: LayerSummary;
  /** 0..1 of the layer with the most boxes. */
  part: number;
  /** 0..1 of the layer that moves boxes farthest. */
  moved: number;
  active: boolean;
  onChoose(): void;
}

export function LayerCell({ summary, part, moved, active, onChoose }: LayerCellProps): ReactNode {
  const { t } = useTranslation();
  const first = summary.layer === 'select';
  const name = first ? t('layers.select') : t('layers.layer', { number: summary.layer });
  const boxes = t('layers.boxes', { count: summary.count });
  const movement = first ? t('layers.notMoved') : t('layers.moved', { distance: formatPx(summary.movement) });
  return (
    <Tip text={`${name}: ${boxes}, ${movement}`}>
      <button
        type="button"
        className={styles['cell']}
        aria-pressed={active}
        aria-label={`${name}: ${boxes}, ${movement}`}
        onClick={onChoose}
      >
        <span className={styles['cellName']}>{first ? t('layers.selectShort') : summary.layer}</span>
        <span className={styles['bars']}>
          <i className={styles['count']} style={{ width: `${part * 100}%` }} />
          <i className={styles['moved']} style={{ width: `${moved * 100}%` }} />
        </span>
        <span className={styles['number']}>{summary.count}</span>
      </button>
    </Tip>
  );
}
