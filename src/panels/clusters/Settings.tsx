/** Rounds, bucket width and seed of the hash. A change counts when the drag or the typing is over. */
import { useId, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { MOST_ROUNDS } from '../../lib/clusters';
import { useAppState, useAppStore } from '../../state/react';
import { Slider } from '../../ui/Slider';
import styles from './clusters.module.css';

const RANGES = {
  rounds: { min: 1, max: MOST_ROUNDS, step: 1 },
  width: { min: 0.5, max: 64, step: 0.5 },
} as const;

export function Settings(): ReactNode {
  return (
    <div className={styles['settings']}>
      <SliderField name="rounds" />
      <SliderField name="width" />
      <SeedField />
    </div>
  );
}

function SliderField({ name }: { name: keyof typeof RANGES }): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const value = useAppState((state) => state.clusterSettings[name]);
  const [draft, setDraft] = useState<number | null>(null);
  const shown = draft ?? value;
  return (
    <div className={styles['field']}>
      <span aria-hidden="true">{t(`clusters.fields.${name}`)}</span>
      <Slider
        label={t(`clusters.fields.${name}`)}
        value={shown}
        valueText={String(shown)}
        {...RANGES[name]}
        onChange={setDraft}
        onCommit={(next) => {
          setDraft(null);
          store.getState().setClusterSettings({ [name]: next });
        }}
      />
      <output>{shown}</output>
      <p>{t(`clusters.sentences.${name}`)}</p>
    </div>
  );
}

function SeedField(): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const seed = useAppState((state) => state.clusterSettings.seed);
  const [draft, setDraft] = useState<string | null>(null);
  const id = useId();
  const typed = draft === null || draft.trim() === '' ? Number.NaN : Number(draft);
  const fits = Number.isSafeInteger(typed) && typed >= 0;
  const commit = (): void => {
    if (fits) store.getState().setClusterSettings({ seed: typed });
    setDraft(null);
  };
  return (
    <div className={styles['field']}>
      <label htmlFor={id}>{t('clusters.fields.seed')}</label>
      <input
        id={id}
        inputMode="numeric"
        value={draft ?? String(seed)}
        aria-invalid={draft !== null && !fits}
        aria-describedby={`${id}-note`}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
        }}
      />
      <p id={`${id}-note`}>{t('clusters.sentences.seed')}</p>
    </div>
  );
}
