/** Runs that were at work when the page was closed or crashed. */
import type { ReactNode } from 'react';
import { Play } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useCommands, useTraining } from '../../state/react';
import { activeRun } from '../../state/training-select';
import { Button } from '../../ui/Button';
import styles from './train.module.css';

export function Interrupted(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const interrupted = useTraining((state) => state.interrupted);
  const runs = useTraining((state) => state.runs);
  const isBusy = useTraining((state) => activeRun(state) !== undefined);
  return interrupted.map((id) => {
    const run = runs[id];
    return run ? (
      <div key={id} role="status" className={styles['notice']}>
        <p>{t('train.interrupted', { name: run.name, step: run.step, steps: run.settings.steps })}</p>
        <Button disabled={isBusy} onClick={() => commands.resumeRun(id)}>
          <Play />
          {t('train.resume')}
        </Button>
      </div>
    ) : null;
  });
}
