/** Runs that are kept in the browser, newest first. */
import { useState, type ReactNode } from 'react';
import { Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { RunInfo } from '../../lib/training';
import { useCommands, useTraining } from '../../state/react';
import { isActive, sortedRuns } from '../../state/training-select';
import { Button, IconButton } from '../../ui/Button';
import styles from './train.module.css';

export function RunList(): ReactNode {
  const { t } = useTranslation();
  const runs = useTraining((state) => state.runs);
  const shown = useTraining((state) => state.shownRun);
  const list = sortedRuns(runs);
  if (list.length === 0) return null;
  return (
    <div>
      <h2>{t('train.runs')}</h2>
      <ul className={styles['runs']}>
        {list.map((run) => (
          <KeptRun key={run.id} run={run} isShown={run.id === shown} />
        ))}
      </ul>
    </div>
  );
}

function KeptRun({ run, isShown }: { run: RunInfo; isShown: boolean }): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const [asks, setAsks] = useState(false);
  const facts = [
    t(`train.states.${run.state}`),
    t('train.step', { step: run.step, steps: run.settings.steps }),
    ...(run.best ? [t('train.bestShort', { ap: run.best.AP.toFixed(3) })] : []),
  ];
  return (
    <li>
      <button type="button" className={styles['run']} aria-pressed={isShown} onClick={() => commands.showRun(run.id)}>
        {run.name}
        <small>{facts.join(', ')}</small>
      </button>
      {asks ? (
        <Button
          className={styles['bad']!}
          onClick={() => commands.removeRun(run.id)}
          onBlur={() => setAsks(false)}
          autoFocus
        >
          {t('train.removeSure')}
        </Button>
      ) : (
        <IconButton
          label={t('train.remove', { name: run.name })}
          disabled={isActive(run.state)}
          onClick={() => setAsks(true)}
        >
          <Trash2 />
        </IconButton>
      )}
    </li>
  );
}
