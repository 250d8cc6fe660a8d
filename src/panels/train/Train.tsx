/** Teaching the model: the run that goes on, the settings of the next one, the runs that are kept. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useTraining } from '../../state/react';
import { activeRun, shownRun } from '../../state/training-select';
import { Interrupted } from './Interrupted';
import { RunList } from './RunList';
import { RunStatus } from './RunStatus';
import { Setup } from './Setup';
import styles from './train.module.css';

export function Train(): ReactNode {
  const { t } = useTranslation();
  const run = useTraining(shownRun);
  const isBusy = useTraining((state) => activeRun(state) !== undefined);
  return (
    <section className={styles['panel']} aria-label={t('train.title')}>
      <Interrupted />
      {run ? <RunStatus run={run} /> : null}
      {isBusy ? (
        <details className={styles['next']}>
          <summary>{t('train.nextRun')}</summary>
          <Setup />
        </details>
      ) : (
        <Setup />
      )}
      <RunList />
    </section>
  );
}
