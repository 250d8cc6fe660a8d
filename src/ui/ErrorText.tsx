/** An error as a person reads it: the thing, what happened, what is safe and what to do. */
import type { ReactNode } from 'react';
import type { AppError } from '../lib/errors';
import styles from './controls.module.css';

/** With a full stop, unless it has an end of its own. */
const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

export function ErrorText({ error }: { error: AppError }): ReactNode {
  return (
    <p className={styles['error']}>
      <strong>{error.subject}:</strong> {sentence(error.message)}
      {error.hint ? <span className={styles['hint']}> {error.hint}</span> : null}
    </p>
  );
}
