/** A slider of a toolbar, between its short name and its value. */
import type { ReactNode } from 'react';
import styles from './controls.module.css';
import { Slider, type SliderProps } from './Slider';

interface LabelledSliderProps extends SliderProps {
  /** What stands before it; `label` says more. */
  name: string;
}

/** `--slider` is its width in the page's CSS. */
export function LabelledSlider({ name, className = '', ...slider }: LabelledSliderProps): ReactNode {
  return (
    <div className={`${styles['labelled']} ${className}`}>
      <span aria-hidden="true">{name}</span>
      <Slider {...slider} />
      <output>{slider.valueText}</output>
    </div>
  );
}
