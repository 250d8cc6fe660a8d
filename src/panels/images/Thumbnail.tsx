/** One image of the strip: its small picture, its state, and a way to take it off. */
import { useEffect, useRef, type ReactNode } from 'react';
import { X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { countAbove } from '../../lib/layers';
import type { ImageItem } from '../../state/images';
import { useAppState, useAppStore, useCommands } from '../../state/react';
import styles from './images.module.css';
import { LabelMark, useLabelWords } from './LabelMark';

export function Thumbnail({ item }: { item: ImageItem }): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const commands = useCommands();
  const current = useAppState((state) => state.currentImage === item.id);
  const found = useAppState((state) => {
    const last = state.results[item.id]?.layers.at(-1);
    return last ? countAbove(last, state.threshold) : null;
  });
  const status = t(`status.${item.status}`);
  const labelled = useLabelWords(item.id);
  const name = [item.name, status, ...(found === null ? [] : [t('layers.boxes', { count: found })]), ...labelled].join(
    ', ',
  );
  const place = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (current) place.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [current]);

  return (
    <li ref={place} className={styles['place']}>
      <button
        type="button"
        className={styles['thumb']}
        aria-current={current}
        aria-label={name}
        title={`${item.name}, ${status}`}
        data-status={item.status}
        onClick={() => store.getState().showImage(item.id)}
      >
        {item.thumbnail ? <img src={item.thumbnail} alt="" draggable={false} /> : null}
        <LabelMark image={item.id} />
        <span className={styles['state']}>{item.status === 'failed' ? '!' : (found ?? '\u2026')}</span>
      </button>
      <button
        type="button"
        className={styles['remove']}
        aria-label={t('images.remove', { name: item.name })}
        onClick={() => commands.removeImage(item.id)}
      >
        <X />
      </button>
    </li>
  );
}
