/** What each encoder layer's attention came to on the current image. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ImageClustering } from '../../lib/clusters';
import { formatCount, formatPercent } from '../../ui/format';
import styles from './clusters.module.css';

export const flops = (value: number): string => `${formatCount(value)}FLOP`;

export function LayerTable({ clustering: { layers } }: { clustering: ImageClustering }): ReactNode {
  const { t } = useTranslation();
  return (
    <table className={styles['table']} aria-label={t('clusters.layers')}>
      <thead>
        <tr>
          <th scope="col">{t('clusters.columns.layer')}</th>
          <th scope="col">{t('clusters.columns.prototypes')}</th>
          <th scope="col">{t('clusters.columns.exact')}</th>
          <th scope="col">{t('clusters.columns.clustered')}</th>
        </tr>
      </thead>
      <tbody>
        {layers.map(({ prototypes, tokens, flops: { exact, clustered } }, index) => (
          <tr key={index}>
            <th scope="row">{index + 1}</th>
            <td>{t('clusters.prototypes', { prototypes, tokens })}</td>
            <td>{flops(exact)}</td>
            <td>
              {flops(clustered)} <small>{formatPercent(clustered / exact)}</small>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
