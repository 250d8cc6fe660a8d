/** How far a run is, what it brought, and what can be done with it. */
import type { ReactNode } from 'react';
import { Download, Pause, Play, Square, Trophy } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { recentStepMs, timeLeftMs } from '../../lib/compare-runs';
import type { RunInfo } from '../../lib/training';
import { useCommands, useTraining } from '../../state/react';
import { activeRun, isActive } from '../../state/training-select';
import { Button, IconButton } from '../../ui/Button';
import { ErrorText } from '../../ui/ErrorText';
import { formatDuration, formatMs } from '../../ui/format';
import { ProgressBar } from '../../ui/Meter';
import { HeldOutNumbers } from './HeldOutNumbers';
import styles from './train.module.css';
import { Warnings } from './Warnings';

export function RunStatus({ run }: { run: RunInfo }): ReactNode {
  const { t } = useTranslation();
  return (
    <div className={styles['status']} data-state={run.state}>
      <div className={styles['runHead']}>
        <strong>{run.name}</strong>
        <span className={styles['state']}>{t(`train.states.${run.state}`)}</span>
      </div>
      <RunProgress run={run} />
      <Controls run={run} />
      {run.error ? <ErrorText error={run.error} /> : null}
      <Warnings id={run.id} />
      <HeldOutNumbers id={run.id} best={run.best} />
    </div>
  );
}

function RunProgress({ run }: { run: RunInfo }): ReactNode {
  const { t } = useTranslation();
  const { steps } = run.settings;
  const progress = useTraining((state) => state.progress[run.id]);
  const stepText = t('train.step', { step: run.step, steps });
  return (
    <>
      <ProgressBar label={t('train.progress')} part={run.step / Math.max(steps, 1)} valueText={stepText} />
      <p className={styles['numbers']}>
        <span>{stepText}</span>
        <Times run={run} />
      </p>
      {isActive(run.state) && progress ? (
        <p className={styles['muted']}>
          {t(`train.stages.${progress.stage}`, { done: progress.done, total: progress.total })}
        </p>
      ) : null}
    </>
  );
}

/** Follows the series: its place in the store grows with every step. */
function Times({ run }: { run: RunInfo }): ReactNode {
  const { t } = useTranslation();
  const series = useTraining((state) => state.series[run.id]);
  useTraining((state) => state.grown[run.id]);
  const stepMs = series ? recentStepMs(series) : null;
  const left = series ? timeLeftMs(series, run.settings) : null;
  if (stepMs === null) return null;
  return (
    <>
      <span>{t('train.perStep', { time: formatMs(stepMs) })}</span>
      {isActive(run.state) && left !== null ? (
        <span>{t('train.left', { time: formatDuration(left) })}</span>
      ) : (
        <span>{t('train.took', { time: formatDuration(run.seconds * 1000) })}</span>
      )}
    </>
  );
}

function Controls({ run }: { run: RunInfo }): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const isBusy = useTraining((state) => activeRun(state) !== undefined);
  if (isActive(run.state)) {
    return (
      <div className={styles['controls']}>
        <Button onClick={() => commands.pauseRun(run.id)}>
          <Pause />
          {t('train.pause')}
        </Button>
        <Button onClick={() => commands.stopRun(run.id)}>
          <Square />
          {t('train.stop')}
        </Button>
      </div>
    );
  }
  return (
    <div className={styles['controls']}>
      {run.state === 'paused' ? (
        <Button disabled={isBusy} onClick={() => commands.resumeRun(run.id)}>
          <Play />
          {t('train.resume')}
        </Button>
      ) : null}
      {run.best ? (
        <span className={styles['pair']}>
          <Button
            onClick={() => commands.openRun(run.id, 'best')}
            title={run.best.step === 0 ? t('train.useBeforeNote') : t('train.useBestNote')}
          >
            <Trophy />
            {run.best.step === 0 ? t('train.useBefore') : t('train.useBest', { step: run.best.step })}
          </Button>
          <IconButton label={t('train.saveBest')} onClick={() => commands.saveRun(run.id, 'best')}>
            <Download />
          </IconButton>
        </span>
      ) : null}
      {run.step > 0 ? (
        <span className={styles['pair']}>
          <Button onClick={() => commands.openRun(run.id, 'last')}>{t('train.useLast')}</Button>
          <IconButton label={t('train.saveLast')} onClick={() => commands.saveRun(run.id, 'last')}>
            <Download />
          </IconButton>
        </span>
      ) : null}
    </div>
  );
}
