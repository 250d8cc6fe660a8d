/** Learning from another model: who learns, who teaches. */
import { useId, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { RunModel } from '../../lib/training';
import { useAppState, useTraining, useTrainingStore } from '../../state/react';
import styles from './train.module.css';

const keyOf = (model: RunModel): string => ('id' in model ? `${model.kind}/${model.id}` : model.kind);

export function Distillation(): ReactNode {
  const { t } = useTranslation();
  const store = useTrainingStore();
  const { model, teacher } = useTraining((state) => state.draft);
  const entries = useAppState((state) => state.models);
  const here = entries.map(({ id, name, source }) => ({
    name,
    model: { kind: source === 'embedded' ? 'embedded' : 'cached', id } as RunModel,
  }));
  const current = { name: t('train.currentModel'), model: { kind: 'current' } as RunModel };
  const scratch = { name: t('train.scratchModel'), model: { kind: 'random-patches' } as RunModel };
  return (
    <div>
      <Choice
        label={t('train.student')}
        value={model}
        options={[scratch, current, ...here]}
        onChange={(next) => store.getState().changeDraft({ model: next })}
      />
      <Choice
        label={t('train.teacher')}
        value={teacher}
        options={[current, ...here]}
        onChange={(next) => store.getState().changeDraft({ teacher: next })}
      />
    </div>
  );
}

interface ChoiceProps {
  label: string;
  value: RunModel;
  options: readonly { name: string; model: RunModel }[];
  onChange(model: RunModel): void;
}

function Choice({ label, value, options, onChange }: ChoiceProps): ReactNode {
  const id = useId();
  return (
    <div className={styles['line']}>
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={keyOf(value)}
        onChange={(event) => {
          const option = options.find(({ model }) => keyOf(model) === event.target.value);
          if (option) onChange(option.model);
        }}
      >
        {options.map(({ name, model }) => (
          <option key={keyOf(model)} value={keyOf(model)}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
