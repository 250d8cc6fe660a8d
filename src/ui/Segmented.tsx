/** A few choices side by side, one of them taken. */
import type { ReactNode } from 'react';
import { ToggleGroup } from 'radix-ui';
import styles from './controls.module.css';

interface SegmentedProps<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange(value: T): void;
}

export function Segmented<T extends string>({ label, value, options, onChange }: SegmentedProps<T>): ReactNode {
  const choose = (next: string): void => {
    const option = options.find((each) => each.value === next);
    if (option) onChange(option.value);
  };
  return (
    <ToggleGroup.Root
      type="single"
      aria-label={label}
      value={value}
      onValueChange={choose}
      className={styles['segments']}
    >
      {options.map((option) => (
        <ToggleGroup.Item key={option.value} value={option.value} className={styles['segment']!}>
          {option.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
