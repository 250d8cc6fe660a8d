/** AP before the run and now: by layer, and by class of one layer. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { EvaluationRecord } from '../../lib/training';
import type { LayerId } from '../../lib/types';
import { ApGain, formatAp } from '../../ui/ApCells';
import styles from './heldout.module.css';

interface TableProps {
  before: EvaluationRecord;
  now: EvaluationRecord;
}

export function ApTable({ before, now, nameOf }: TableProps & { nameOf(layer: LayerId): string }): ReactNode {
  const { t } = useTranslation();
  return (
    <table className={styles['table']}>
      <caption>{t('heldout.byLayer', { from: before.step, to: now.step })}</caption>
      <thead>
        <tr>
          <th scope="col">{t('layers.choose')}</th>
          {(['AP', 'AP50'] as const).flatMap((figure) => [
            <th key={figure} scope="col">
              {figure}
            </th>,
            <th key={`${figure} now`} scope="col">
              {t('train.now')}
            </th>,
            <th key={`${figure} gain`} scope="col">
              {t('train.gain')}
            </th>,
          ])}
        </tr>
      </thead>
      <tbody>
        {now.layers.map((layer, index) => (
          <tr key={layer.layer}>
            <th scope="row">{nameOf(layer.layer)}</th>
            {(['AP', 'AP50'] as const).flatMap((figure) => {
              const from = before.layers[index]?.[figure];
              return [
                <td key={figure}>{formatAp(from)}</td>,
                <td key={`${figure} now`}>{formatAp(layer[figure])}</td>,
                <ApGain key={`${figure} gain`} from={from} to={layer[figure]} />,
              ];
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function ClassTable({ before, now, layer }: TableProps & { layer: number }): ReactNode {
  const { t } = useTranslation();
  const [first, latest] = [before.layers[layer]?.perClassAP ?? {}, now.layers[layer]?.perClassAP ?? {}];
  return (
    <table className={styles['table']}>
      <caption>{t('heldout.byClass')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('detections.class')}</th>
          <th scope="col">{t('train.before')}</th>
          <th scope="col">{t('train.now')}</th>
          <th scope="col">{t('train.gain')}</th>
        </tr>
      </thead>
      <tbody>
        {Object.keys(latest).map((name) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{formatAp(first[name])}</td>
            <td>{formatAp(latest[name])}</td>
            <ApGain from={first[name]} to={latest[name]} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}
