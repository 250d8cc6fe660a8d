/** Who stands on the right: any model that needs no network. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ModelEntry } from '../../lib/types';
import type { RunInfo, RunWeights } from '../../lib/training';
import { useAppState, useCommands, useCompare, useTraining } from '../../state/react';
import { sortedRuns } from '../../state/training-select';
import type { HereSource } from '../../workers/protocol';
import styles from './compare.module.css';

const sourceOf = ({ id, source }: ModelEntry): HereSource => ({
  kind: source === 'embedded' ? 'embedded' : 'cached',
  id,
});

const weightsOf = ({ best, step }: RunInfo): RunWeights[] => [
  ...(best ? (['best'] as const) : []),
  ...(step > 0 ? (['last'] as const) : []),
];

interface Choice {
  value: string;
  source: HereSource;
  /** The id under which it would be the current model. */
  id: string;
  label: string;
}

function useChoices(): Choice[] {
  const { t } = useTranslation();
  const models = useAppState((state) => state.models);
  const current = useAppState((state) => state.model?.id);
  const runs = useTraining((state) => state.runs);
  const kept = models.map((entry) => ({ source: sourceOf(entry), id: entry.id, label: entry.name }));
  const made = sortedRuns(runs).flatMap((run) =>
    weightsOf(run).map((weights) => ({
      source: { kind: 'run', id: run.id, weights } as const,
      id: `${run.id}.${weights}`,
      label: t(`compare.run.${weights}`, { name: run.name }),
    })),
  );
  return [...kept, ...made]
    .filter(({ id }) => id !== current)
    .map((choice) => ({ ...choice, value: JSON.stringify(choice.source) }));
}

export function ModelChoice(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const choices = useChoices();
  const chosen = useCompare((state) => (state.source ? JSON.stringify(state.source) : ''));
  if (choices.length === 0) return <span className={styles['muted']}>{t('compare.noOther')}</span>;
  return (
    <select
      className={styles['choice']}
      aria-label={t('compare.second')}
      value={chosen}
      onChange={({ target }) =>
        commands.compareWith(choices.find(({ value }) => value === target.value)?.source ?? null)
      }
    >
      <option value="">{t('compare.choose')}</option>
      {choices.map(({ value, label }) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  );
}
