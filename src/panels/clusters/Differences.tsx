/** How far the answer is from the exact encoder's, and what both took. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Apart, ClusterComparison } from '../../lib/clusters';
import { formatMs } from '../../ui/format';
import styles from './clusters.module.css';

/** Three digits, as they come: 0.00123, 12.3, 1.2e-7. */
export const short = (value: number): string => String(Number(value.toPrecision(3)));

/** @param comparison null while it is under way: the rows keep their places */
export function Differences({ comparison }: { comparison: ClusterComparison | null }): ReactNode {
  const { t } = useTranslation();
  const parts = (['memory', 'logits', 'boxes'] as const).map((part) => ({ part, apart: comparison?.[part] }));
  return (
    <div aria-busy={comparison === null}>
      <table className={styles['table']} aria-label={t('clusters.difference')}>
        <thead>
          <tr>
            <th scope="col">{t('clusters.difference')}</th>
            <th scope="col">{t('clusters.greatest')}</th>
            <th scope="col">{t('clusters.mean')}</th>
            <th scope="col">{t('clusters.relative')}</th>
          </tr>
        </thead>
        <tbody>
          {parts.map(({ part, apart }) => (
            <tr key={part}>
              <th scope="row">{t(`clusters.parts.${part}`)}</th>
              {(['greatest', 'mean', 'relative'] as const).map((figure) => (
                <td key={figure}>{figureOf(apart, figure)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles['note']} aria-live="polite">
        {comparison ? (
          <>
            {t('clusters.took', { exact: formatMs(comparison.ms.exact), clustered: formatMs(comparison.ms.clustered) })}{' '}
            {t('clusters.compared', { compared: comparison.compared, count: comparison.queries })}
          </>
        ) : (
          t('clusters.comparing')
        )}
      </p>
    </div>
  );
}

const figureOf = (apart: Apart | undefined, figure: keyof Apart): string => (apart ? short(apart[figure]) : '…');
