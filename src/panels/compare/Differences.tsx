/** What both found and what one found alone; a line under the pointer, or with the focus, stands out on the pictures. */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { SIDES } from '../../lib/compare-models';
import { useCompareStore } from '../../state/react';
import { classColour } from '../../ui/drawing/colours';
import styles from './compare.module.css';
import type { Shown } from './use-comparison';

interface Line {
  /** Of the detections that it is about. */
  keys: readonly string[];
  name: string;
  text: string;
}

export function Differences({ shown }: { shown: Shown }): ReactNode {
  const { t } = useTranslation();
  const { comparison, sides } = shown;
  if (!comparison) {
    return (
      <div>
        <h2>{t('compare.differences')}</h2>
        <p className={styles['muted']}>{t('compare.noDifferences')}</p>
      </div>
    );
  }
  const both = comparison.pairs.map(({ left, right, iou }) => ({
    keys: [left.key, right.key],
    name: left.name,
    text: t('compare.pair', { left: left.score.toFixed(2), right: right.score.toFixed(2), iou: iou.toFixed(2) }),
  }));
  return (
    <div>
      <h2>{t('compare.differences')}</h2>
      {SIDES.map((side) => (
        <Group
          key={side}
          title={t('compare.onlyIn', { name: sides[side].model?.name })}
          lines={comparison.only[side].map(({ key, name, score }) => ({ keys: [key], name, text: score.toFixed(2) }))}
        />
      ))}
      <Group title={t('compare.inBoth')} lines={both} />
    </div>
  );
}

function Group({ title, lines }: { title: string; lines: readonly Line[] }): ReactNode {
  const { t } = useTranslation();
  const keys = lines.flatMap((line) => line.keys);
  const heading = t('compare.group', { title, count: lines.length });
  return (
    <div className={styles['group']}>
      <Highlighter className={styles['groupName']!} keys={keys} disabled={lines.length === 0}>
        {heading}
      </Highlighter>
      {lines.length === 0 ? null : (
        <ul aria-label={heading}>
          {lines.map((line) => (
            <li key={line.keys.join()}>
              <Highlighter className={styles['found']!} keys={line.keys}>
                <i style={{ background: classColour(line.name) }} aria-hidden="true" />
                <span>{line.name}</span>
                <span className={styles['muted']}>{line.text}</span>
              </Highlighter>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface HighlighterProps {
  className: string;
  keys: readonly string[];
  disabled?: boolean;
  children: ReactNode;
}

/** A button, so that a finger and a keyboard reach what hovering does. */
function Highlighter({ className, keys, disabled = false, children }: HighlighterProps): ReactNode {
  const store = useCompareStore();
  const show = (): void => store.getState().highlight(keys);
  const hide = (): void => store.getState().highlight([]);
  return (
    <button
      type="button"
      className={className}
      disabled={disabled}
      onPointerEnter={show}
      onPointerLeave={hide}
      onFocus={show}
      onBlur={hide}
      onClick={show}
    >
      {children}
    </button>
  );
}
