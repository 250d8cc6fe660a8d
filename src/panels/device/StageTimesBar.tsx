/** The milliseconds of the current image as one bar, a part per stage. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { StageTimes } from '../../lib/types';
import { useAppState } from '../../state/react';
import { currentResult } from '../../state/select';
import { Tip } from '../../ui/Button';
import { PALETTE } from '../../ui/drawing/colours';
import { formatMs } from '../../ui/format';
import styles from './device.module.css';

const STAGES: readonly { stage: keyof StageTimes; colour: string }[] = [
  { stage: 'decode', colour: PALETTE[3] },
  { stage: 'resize', colour: PALETTE[2] },
  { stage: 'model', colour: PALETTE[0] },
  { stage: 'post', colour: PALETTE[5] },
];

export function StageTimesBar(): ReactNode {
  const { t } = useTranslation();
  const ms = useAppState((state) => currentResult(state)?.ms);
  const total = ms ? ms.decode + ms.resize + ms.model + ms.post : 0;
  return (
    <div>
      <h2>{t('device.times')}</h2>
      {ms && total > 0 ? (
        <>
          <div className={styles['times']} aria-hidden="true">
            {STAGES.map(({ stage, colour }) => (
              <Tip key={stage} text={`${t(`stageTimes.${stage}`)} ${formatMs(ms[stage])}`}>
                <i style={{ width: `${(ms[stage] / total) * 100}%`, background: colour }} />
              </Tip>
            ))}
          </div>
          <dl className={styles['legend']}>
            {STAGES.map(({ stage, colour }) => (
              <div key={stage}>
                <dt>
                  <i style={{ background: colour }} />
                  {t(`stageTimes.${stage}`)}
                </dt>
                <dd>{formatMs(ms[stage])}</dd>
              </div>
            ))}
            <div>
              <dt>{t('stageTimes.total')}</dt>
              <dd>{formatMs(total)}</dd>
            </div>
          </dl>
        </>
      ) : (
        <p className={styles['muted']}>{t('device.noTimes')}</p>
      )}
    </div>
  );
}
