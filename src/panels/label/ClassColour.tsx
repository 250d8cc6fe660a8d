/** A class's colour, and the palette to choose another. */
import type { ReactNode } from 'react';
import { Popover } from 'radix-ui';
import { useTranslation } from 'react-i18next';
import type { LabelClass } from '../../state/labels';
import { useLabelStore } from '../../state/react';
import { Button } from '../../ui/Button';
import { PALETTE } from '../../ui/drawing/colours';
import { labelColour } from '../../ui/drawing/label-scene';
import styles from './label.module.css';

export function ClassColour({ its }: { its: LabelClass }): ReactNode {
  const { t } = useTranslation();
  const labels = useLabelStore();
  const choose = (colour: number | null): void => labels.getState().recolourClass(its.id, colour);
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <button type="button" className={styles['colour']} aria-label={t('label.colourOf', { name: its.name })}>
          <i style={{ background: labelColour(its) }} />
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className={styles['palette']}
          sideOffset={4}
          collisionPadding={8}
          align="start"
          aria-label={t('label.colourOf', { name: its.name })}
        >
          <div className={styles['colours']}>
            {PALETTE.map((colour, index) => (
              <Popover.Close key={colour} asChild>
                <button
                  type="button"
                  aria-label={t('label.colour', { number: index + 1 })}
                  aria-pressed={its.colour === index}
                  style={{ background: colour }}
                  onClick={() => choose(index)}
                />
              </Popover.Close>
            ))}
          </div>
          <Popover.Close asChild>
            <Button onClick={() => choose(null)}>{t('label.colourByName')}</Button>
          </Popover.Close>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
