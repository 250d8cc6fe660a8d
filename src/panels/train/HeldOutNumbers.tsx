/** Held-out AP of every layer, before the run and now. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { RunInfo } from '../../lib/training';
import { useTraining } from '../../state/react';
import { ApGain, formatAp } from '../../ui/ApCells';
import styles from './train.module.css';

export function HeldOutNumbers({ id, best }: { id: string; best: RunInfo['best'] }): ReactNode {
  const { t } = useTranslation();
  const evaluations = useTraining((state) => state.series[id]?.evaluations);
  useTraining((state) => state.series[id]?.evaluations.length);
  const [before, now] = [evaluations?.[0], evaluations?.at(-1)];
  if (!before || !now) return null;
  const has = now.step !== before.step;
  return (
    <div>
      <table className={styles['ap']}>
        <caption>{t('train.heldOut', { step: now.step })}</caption>
        <thead>
          <tr>
            <th scope="col">{t('layers.choose')}</th>
            <th scope="col">{t('train.before')}</th>
            <th scope="col">{t('train.now')}</th>
            <th scope="col">{t('train.gain')}</th>
          </tr>
        </thead>
        <tbody>
          {now.layers.map(({ layer, AP }, index) => {
            const first = before.layers[index]?.AP;
            const latest = has ? AP : undefined;
            return (
              <tr key={layer}>
                <th scope="row">{layer === 'select' ? t('layers.select') : t('layers.layer', { number: layer })}</th>
                <td>{formatAp(first)}</td>
                <td>{formatAp(latest)}</td>
                <ApGain from={first} to={latest} />
              </tr>
            );
          })}
        </tbody>
      </table>
      {best ? <p className={styles['muted']}>{t('train.best', { ap: best.AP.toFixed(3), step: best.step })}</p> : null}
    </div>
  );
}
