/** The figures of the two models on this image, one column each. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { SIDES, type Side } from '../../lib/compare-models';
import type { StageTimes } from '../../lib/types';
import { totalMs } from '../../state/model-speeds';
import { formatCount, formatMs } from '../../ui/format';
import styles from './compare.module.css';
import type { Shown } from './use-comparison';

const STAGES: readonly (keyof StageTimes)[] = ['decode', 'resize', 'model', 'post'];

export function Numbers({ shown }: { shown: Shown }): ReactNode {
  const { t } = useTranslation();
  const { sides, comparison } = shown;
  const alone = (side: Side): string => (comparison ? String(comparison.only[side].length) : '');
  const times = (side: Side, read: (ms: StageTimes) => number): string => {
    const ms = sides[side].result?.ms;
    return ms ? formatMs(read(ms)) : '';
  };
  const rows: readonly (readonly [name: string, value: (side: Side) => string])[] = [
    [t('model.family'), (side) => (sides[side].model ? t(`families.${sides[side].model.family}`) : '')],
    [t('model.parameters'), (side) => (sides[side].model ? formatCount(sides[side].model.parameters) : '')],
    [t('compare.detections'), (side) => (sides[side].result ? String(sides[side].found.length) : '')],
    [t('compare.matched'), () => (comparison ? String(comparison.pairs.length) : '')],
    [t('compare.alone'), alone],
    ...STAGES.map((stage) => [t(`stageTimes.${stage}`), (side: Side) => times(side, (ms) => ms[stage])] as const),
    [t('stageTimes.total'), (side) => times(side, totalMs)],
  ];
  return (
    <div>
      <h2>{t('compare.numbers')}</h2>
      <table className={styles['table']} aria-label={t('compare.numbers')}>
        <thead>
          <tr>
            <th scope="col">
              <span className="unseen">{t('compare.figure')}</span>
            </th>
            {SIDES.map((side) => (
              <th key={side} scope="col">
                {sides[side].model?.name ?? t(`compare.sides.${side}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {SIDES.map((side) => (
                <td key={side}>{value(side) || '–'}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
