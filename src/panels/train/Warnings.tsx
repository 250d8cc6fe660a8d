/** What the guards of a run said. */
import type { ReactNode } from 'react';
import { TriangleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { RunWarning } from '../../lib/training';
import { useTraining } from '../../state/react';
import styles from './train.module.css';

const NONE: readonly RunWarning[] = [];
const numbers = (values: readonly number[]): string => values.map((value) => value.toFixed(3)).join(', ');

export function Warnings({ id }: { id: string }): ReactNode {
  const { t } = useTranslation();
  const warnings = useTraining((state) => state.warnings[id]) ?? NONE;
  const notFinite = warnings.filter(({ kind }) => kind === 'not-finite');
  const gamed = warnings.findLast((warning) => warning.kind === 'gamed');
  return (
    <div role="status">
      {gamed ? (
        <p className={styles['warning']}>
          <TriangleAlert />
          {t('train.gamed', { step: gamed.step, rewards: numbers(gamed.rewards), aps: numbers(gamed.aps) })}
        </p>
      ) : null}
      {notFinite.length > 0 ? (
        <p className={styles['warning']}>
          <TriangleAlert />
          {t('train.notFinite', {
            count: notFinite.length,
            steps: notFinite
              .slice(-5)
              .map(({ step }) => step)
              .join(', '),
          })}
        </p>
      ) : null}
    </div>
  );
}
