/** One line under the image: what it is, and the numbers of the query under the pointer. Always there, so nothing jumps. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { shownAt } from '../../lib/layers';
import { classNameOf } from '../../state/model';
import { useAppState, useLabels } from '../../state/react';
import { currentItem, currentNames, currentResult, wholeLayer } from '../../state/select';
import { classColour } from '../../ui/drawing/colours';
import { formatMs } from '../../ui/format';
import { LabelFacts } from './LabelFacts';
import styles from './stage.module.css';

export function Readout(): ReactNode {
  const mode = useLabels((state) => state.mode);
  return (
    <div className={styles['readout']}>
      <ImageFacts />
      {mode === 'label' ? <LabelFacts /> : <QueryFacts />}
    </div>
  );
}

function ImageFacts(): ReactNode {
  const { t } = useTranslation();
  const item = useAppState(currentItem);
  const isLive = useAppState((state) => state.live !== null);
  if (isLive) return <LiveFacts />;
  if (!item) return <span />;
  return (
    <span className={styles['facts']}>
      <span className={styles['name']}>{item.name}</span>
      {item.width > 0 ? (
        <span className={styles['muted']}>{t('stage.size', { width: item.width, height: item.height })}</span>
      ) : null}
      <span className={styles['badge']} data-status={item.status}>
        {t(`status.${item.status}`)}
      </span>
    </span>
  );
}

/** How fast the camera's frames are answered. */
function LiveFacts(): ReactNode {
  const { t } = useTranslation();
  const live = useAppState((state) => state.live);
  if (!live) return <span />;
  const { status, rate, detections, frames, mostInFlight } = live;
  return (
    <span className={styles['facts']} data-live={status} data-frames={frames} data-most={mostInFlight}>
      <span className={styles['name']}>{t('images.webcamName')}</span>
      {detections ? (
        <span className={styles['muted']}>
          {t('stage.size', { width: detections.width, height: detections.height })}
        </span>
      ) : null}
      {rate && status === 'on' ? (
        <span className={styles['rate']}>
          {t('stage.rate', {
            rate: rate.perSecond === null ? '–' : rate.perSecond.toFixed(1),
            latency: formatMs(rate.latency),
          })}
        </span>
      ) : null}
      {status === 'on' ? null : <span className={styles['badge']}>{t(`stage.liveStatus.${status}`)}</span>}
    </span>
  );
}

function QueryFacts(): ReactNode {
  const { t } = useTranslation();
  const query = useAppState((state) => state.hoveredQuery ?? state.selectedQuery);
  const result = useAppState(currentResult);
  const names = useAppState(currentNames);
  const layer = useAppState(wholeLayer);
  if (query === null || !result)
    return <span className={`${styles['muted']} ${styles['hint']}`}>{t('stage.hoverHint')}</span>;
  const found = shownAt(result, layer, 0).find((each) => each.query === query);
  if (!found)
    return (
      <span className={styles['muted']} data-query>
        {t('stage.queryUnlisted', { query })}
      </span>
    );
  const name = classNameOf(names, found.label);
  return (
    <span className={styles['facts']} data-query>
      <i className={styles['swatch']} style={{ background: classColour(name) }} />
      <span>
        {name} {found.score.toFixed(3)}
      </span>
      <span className={styles['muted']}>
        {t('stage.queryFacts', { query, box: found.box.map((edge) => Math.round(edge)).join(', ') })}
      </span>
    </span>
  );
}
