/** One setting: its name, its value, its sentence, and what is wrong with it. */
import { useId, useState, type ReactNode } from 'react';
import { Undo2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { TRAIN_FIELDS, type TrainSettings } from '../../lib/train-settings';
import { IconButton } from '../../ui/Button';
import styles from './train.module.css';

interface SettingFieldProps {
  name: Exclude<keyof TrainSettings, 'method'>;
  value: string | number;
  /** What method and preset say. */
  preset: string | number;
  problem: string | undefined;
  onChange(value: string | number): void;
}

export function SettingField({ name, value, preset, problem, onChange }: SettingFieldProps): ReactNode {
  const { t } = useTranslation();
  const id = useId();
  const field = TRAIN_FIELDS[name];
  const label = t(`train.fields.${name}`);
  return (
    <div className={styles['field']} data-changed={value !== preset}>
      <label htmlFor={id}>{label}</label>
      {field.kind === 'choice' ? (
        <select
          id={id}
          value={value}
          aria-describedby={`${id}-note`}
          onChange={(event) => onChange(event.target.value)}
        >
          {field.choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </select>
      ) : (
        <NumberInput
          key={String(preset)}
          id={id}
          value={Number(value)}
          bad={problem !== undefined}
          onChange={onChange}
        />
      )}
      {value === preset ? (
        <span />
      ) : (
        <IconButton label={t('train.resetField', { name: label, value: preset })} onClick={() => onChange(preset)}>
          <Undo2 />
        </IconButton>
      )}
      <p id={`${id}-note`} className={styles['sentence']}>
        {field.sentence}
      </p>
      {problem === undefined ? null : (
        <p role="alert" className={styles['problem']}>
          {problem}
        </p>
      )}
    </div>
  );
}

interface NumberInputProps {
  id: string;
  value: number;
  bad: boolean;
  onChange(value: number): void;
}

/** Keeps what is typed as it is typed; text that is no number is not a number, which the checks of the settings refuse. */
function NumberInput({ id, value, bad, onChange }: NumberInputProps): ReactNode {
  const [text, setText] = useState(String(value));
  const typed = text.trim() === '' ? Number.NaN : Number(text);
  // Changed from outside: the reset button, another preset.
  const shown = Object.is(typed, value) ? text : Number.isNaN(value) ? text : String(value);
  return (
    <input
      id={id}
      inputMode="decimal"
      value={shown}
      aria-invalid={bad}
      aria-describedby={`${id}-note`}
      onChange={(event) => {
        const next = event.target.value;
        setText(next);
        onChange(next.trim() === '' ? Number.NaN : Number(next));
      }}
    />
  );
}
