/** A slider with one thumb. */
import type { KeyboardEventHandler, ReactNode } from 'react';
import { Slider as Radix } from 'radix-ui';
import styles from './controls.module.css';

export interface SliderProps {
  label: string;
  value: number;
  min: number;
  max: number;
  step: number;
  /** The value in words, for screen readers. */
  valueText: string;
  onChange(value: number): void;
  /** When a drag or a key press is over. */
  onCommit?(value: number): void;
  onKeyDown?: KeyboardEventHandler<HTMLElement>;
  disabled?: boolean;
  className?: string;
}

export function Slider(props: SliderProps): ReactNode {
  const { label, value, min, max, step, valueText, onChange, onCommit, onKeyDown, disabled, className = '' } = props;
  const pick = (act: ((value: number) => void) | undefined) => (values: number[]) => {
    const [first] = values;
    if (act && first !== undefined) act(first);
  };
  return (
    <Radix.Root
      className={`${styles['slider']} ${className}`}
      value={[value]}
      min={min}
      max={max}
      step={step}
      disabled={disabled ?? false}
      onValueChange={pick(onChange)}
      onValueCommit={pick(onCommit)}
      {...(onKeyDown ? { onKeyDownCapture: onKeyDown } : {})}
    >
      <Radix.Track className={styles['track']!}>
        <Radix.Range className={styles['range']!} />
      </Radix.Track>
      <Radix.Thumb className={styles['thumb']!} aria-label={label} aria-valuetext={valueText} />
    </Radix.Root>
  );
}
