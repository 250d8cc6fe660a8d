/** A thin bar for a part of a whole. */
import type { ReactNode } from 'react';
import styles from './controls.module.css';

interface MeterProps {
  label: string;
  /** 0..1; null while the whole is not known. */
  part: number | null;
  valueText: string;
}

/** Progress of something that is going on. */
export function ProgressBar({ label, part, valueText }: MeterProps): ReactNode {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuetext={valueText}
      {...(part === null ? {} : { 'aria-valuenow': Math.round(part * 100), 'aria-valuemin': 0, 'aria-valuemax': 100 })}
      className={styles['progress']}
      data-unknown={part === null}
    >
      <span style={{ width: `${(part ?? 0) * 100}%` }} />
    </div>
  );
}
