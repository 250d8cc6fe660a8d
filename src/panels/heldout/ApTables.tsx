/** AP before the run and now: by layer, and by class of one layer. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { EvaluationRecord } from '../../lib/training';
import type { LayerId } from '../../lib/types';
import styles from './heldout.module.css';

/** COCO's -1: nothing to measure. */
const known = (value: number | undefined): value is number => value !== undefined && value >= 0;
const shown = (value: number | undefined): string => (known(value) ? value.toFixed(3) : '\u2013');

function Gain({ from, to }: { from: number | undefined; to: number | undefined }): ReactNode {
  const gain = known(from) && known(to) ? to - from : null;
  const sign = gain === null ? 0 : Math.sign(Math.round(gain * 1000));
  return (
    <td data-sign={sign}>
      {gain === null ? '' : `${sign > 0 ? '+' : sign < 0 ? '\u2212' : ''}${Math.abs(gain).toFixed(3)}`}
    </td>
  );
}

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
                <td key={figure}>{shown(from)}</td>,
                <td key={`${figure} now`}>{shown(layer[figure])}</td>,
                <Gain key={`${figure} gain`} from={from} to={layer[figure]} />,
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
            <td>{shown(first[name])}</td>
            <td>{shown(latest[name])}</td>
            <Gain from={first[name]} to={latest[name]} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}
