/** What the next run learns from, how, and what it still needs. */
import { useId, type ReactNode } from 'react';
import { Play } from 'lucide-react';
import { Switch } from 'radix-ui';
import { useTranslation } from 'react-i18next';
import { PRESET_IDS } from '../../lib/presets';
import { trainProblems, type TrainMethod } from '../../lib/train-settings';
import { missingFor } from '../../lib/training-checks';
import { useAppState, useCommands, useTraining, useTrainingStore } from '../../state/react';
import { activeRun, draftSettings, isReinforced, presetOf, withMethod } from '../../state/training-select';
import { Button } from '../../ui/Button';
import { Segmented } from '../../ui/Segmented';
import { Distillation } from './Distillation';
import { Settings } from './Settings';
import styles from './train.module.css';

const METHODS: Record<'on' | 'off', readonly TrainMethod[]> = {
  on: ['grpo', 'ppo', 'reinforce'],
  off: ['supervised', 'distil'],
};

export function Setup(): ReactNode {
  const { t } = useTranslation();
  const store = useTrainingStore();
  const draft = useTraining((state) => state.draft);
  const counts = useTraining((state) => state.counts);
  const family = useAppState((state) => state.model?.family ?? null);
  const learning = { labelled: counts.train, family };
  const settings = draftSettings(draft, learning);
  const problems = trainProblems(settings);
  const setMethod = (method: TrainMethod): void => store.getState().changeDraft(withMethod(draft, method));
  const reinforced = isReinforced(draft.method);
  return (
    <div className={styles['setup']}>
      <h2>{t('train.data')}</h2>
      <p>
        {t('train.counts', { train: counts.train, val: counts.val, unlabelled: counts.unlabelled })}{' '}
        <span className={styles['muted']}>{t('train.classes', { count: counts.classes })}</span>
      </p>
      <Toggle on={reinforced} onChange={(on) => setMethod(on ? 'grpo' : 'supervised')} />
      <div className={styles['line']}>
        <span>{t('train.preset')}</span>
        <Segmented
          label={t('train.preset')}
          value={presetOf(draft, learning)}
          options={PRESET_IDS.map((value) => ({ value, label: t(`train.presets.${value}`) }))}
          onChange={(preset) => store.getState().changeDraft({ preset })}
        />
      </div>
      <details className={styles['more']}>
        <summary>{t('train.more')}</summary>
        <div className={styles['line']}>
          <span>{t('train.method')}</span>
          <Segmented
            label={t('train.method')}
            value={draft.method}
            options={METHODS[reinforced ? 'on' : 'off'].map((value) => ({ value, label: t(`train.methods.${value}`) }))}
            onChange={setMethod}
          />
        </div>
        <p className={styles['muted']}>{t(`train.methodNotes.${draft.method}`)}</p>
        {draft.method === 'distil' ? <Distillation /> : null}
        <Settings settings={settings} learning={learning} problems={problems} />
      </details>
      <Start isBad={problems.length > 0} method={draft.method} steps={settings.steps} />
    </div>
  );
}

function Toggle({ on, onChange }: { on: boolean; onChange(on: boolean): void }): ReactNode {
  const { t } = useTranslation();
  const id = useId();
  return (
    <div className={styles['toggle']}>
      <Switch.Root
        id={id}
        checked={on}
        onCheckedChange={onChange}
        className={styles['switch']!}
        aria-describedby={`${id}-note`}
      >
        <Switch.Thumb className={styles['thumb']!} />
      </Switch.Root>
      <label htmlFor={id}>{t('train.rl')}</label>
      <p id={`${id}-note`} className={styles['muted']}>
        {t(on ? 'train.rlOn' : 'train.rlOff')}
      </p>
    </div>
  );
}

function Start({ isBad, method, steps }: { isBad: boolean; method: TrainMethod; steps: number }): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const counts = useTraining((state) => state.counts);
  const number = useTraining((state) => Object.keys(state.runs).length + 1);
  const isBusy = useTraining((state) => activeRun(state) !== undefined);
  const device = useAppState((state) => state.deviceStatus === 'ready');
  const model = useAppState((state) => state.model !== null);
  const missing = missingFor(method, counts, { device, model });
  const name = t('train.runName', { number, method: t(`train.methods.${method}`), count: counts.train });
  return (
    <div className={styles['start']}>
      <Button
        className={styles['primary']!}
        disabled={isBad || isBusy || missing.length > 0}
        onClick={() => commands.startRun(name)}
      >
        <Play />
        {t('train.start', { count: Number.isInteger(steps) ? steps : 0 })}
      </Button>
      <ul className={styles['missing']}>
        {missing.map((each) => (
          <li key={each}>{t(`train.missing.${each}`)}</li>
        ))}
        {isBusy ? <li>{t('train.busy')}</li> : null}
        {isBad ? <li className={styles['problem']}>{t('train.fixSettings')}</li> : null}
        {missing.length === 0 && counts.val === 0 && method !== 'distil' ? <li>{t('train.noHeldOut')}</li> : null}
      </ul>
    </div>
  );
}
