/** Two models side by side on the image that is looked at: pictures with one zoom, figures, and what only one of them found. */
import { useEffect, useRef, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { SIDES } from '../../lib/compare-models';
import { useAppState, useCompare } from '../../state/react';
import { ErrorText } from '../../ui/ErrorText';
import styles from './compare.module.css';
import { Differences } from './Differences';
import { Measured } from './Measured';
import { Numbers } from './Numbers';
import { PictureFrame } from './PictureFrame';
import { Toolbar } from './Toolbar';
import { useComparison } from './use-comparison';
import { usePictures } from './use-pictures';

export function Compare(): ReactNode {
  const { t } = useTranslation();
  const shown = useComparison();
  const { elements, zoom } = usePictures(shown);
  const image = useAppState((state) => state.currentImage);
  const failure = useCompare((state) => (state.failure?.image === image ? state.failure.error : null));
  const section = useRef<HTMLElement>(null);
  // What had the focus before may have made room for this.
  useEffect(() => section.current?.focus(), []);
  return (
    <section ref={section} tabIndex={-1} className={styles['compare']} aria-label={t('compare.title')}>
      <Toolbar shown={shown} zoom={zoom} />
      <div className={styles['pictures']}>
        {SIDES.map((side) => (
          <PictureFrame key={side} side={side} shown={shown} {...elements[side]} />
        ))}
      </div>
      {failure ? (
        <div className={styles['failure']} role="alert">
          <ErrorText error={failure} />
        </div>
      ) : null}
      <div id="details" className={styles['details']} tabIndex={0} role="group" aria-label={t('compare.details')}>
        <Numbers shown={shown} />
        <Differences shown={shown} />
        <Measured />
      </div>
    </section>
  );
}
