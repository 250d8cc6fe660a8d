/** Held-out AP of every layer, before the run and now. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { RunInfo } from '../../lib/training';
import { useTraining } from '../../state/react';
import styles from './train.module.css';

const shown = (value: number | undefined): string => (value === undefined || value < 0 ? '\u2013' : value.toFixed(3));

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
            const gain = has && first !== undefined && first >= 0 && AP >= 0 ? AP - first : null;
            return (
              <tr key={layer}>
                <th scope="row">{layer === 'select' ? t('layers.select') : t('layers.layer', { number: layer })}</th>
                <td>{shown(first)}</td>
                <td>{has ? shown(AP) : '\u2013'}</td>
                <td data-sign={gain === null ? 0 : Math.sign(gain)}>
                  {gain === null ? '' : `${gain > 0 ? '+' : gain < 0 ? '\u2212' : ''}${Math.abs(gain).toFixed(3)}`}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {best ? <p className={styles['muted']}>{t('train.best', { ap: best.AP.toFixed(3), step: best.step })}</p> : null}
    </div>
  );
}
