/** The boxes of one image in numbers, tied to those on the stage. */
import { useEffect, useRef, type ReactNode } from 'react';
import { Sparkles, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { LabelBox, LabelClass } from '../../state/labels';
import { useAppStore, useLabels, useLabelStore } from '../../state/react';
import { labelColour, sizeText } from '../../ui/drawing/label-scene';
import styles from './label.module.css';

const NO_BOXES: readonly LabelBox[] = [];

export function BoxList({ image }: { image: string }): ReactNode {
  const { t } = useTranslation();
  const boxes = useLabels((state) => state.items[image]?.boxes ?? NO_BOXES);
  const classes = useLabels((state) => state.classes);
  if (boxes.length === 0) return <p className={styles['muted']}>{t('label.noBoxes')}</p>;
  return (
    <ul className={styles['list']} aria-label={t('label.boxes')}>
      {boxes.map((box) => {
        const its = classes.find(({ id }) => id === box.classId);
        return its ? <BoxRow key={box.id} image={image} box={box} its={its} /> : null;
      })}
    </ul>
  );
}

function BoxRow({ image, box, its }: { image: string; box: LabelBox; its: LabelClass }): ReactNode {
  const { t } = useTranslation();
  const [app, labels] = [useAppStore(), useLabelStore()];
  const selected = useLabels((state) => state.selectedBox === box.id);
  const hovered = useLabels((state) => state.hoveredBox === box.id);
  const place = useRef<HTMLLIElement>(null);
  const words = { name: its.name, size: sizeText(box.box) };
  const { hoverBox, removeBox, selectBox } = labels.getState();
  const select = (): void => {
    selectBox(selected ? null : box.id);
    app.getState().selectQuery(null);
  };
  useEffect(() => {
    if (selected) place.current?.scrollIntoView({ block: 'nearest' });
  }, [selected]);
  return (
    <li
      ref={place}
      className={styles['row']}
      data-active={selected}
      data-hovered={hovered}
      onPointerEnter={() => hoverBox(box.id)}
      onPointerLeave={() => hoverBox(null)}
      onFocus={() => hoverBox(box.id)}
      onBlur={() => hoverBox(null)}
    >
      <i className={styles['swatch']} style={{ background: labelColour(its) }} />
      <button
        type="button"
        className={styles['name']}
        aria-pressed={selected}
        aria-label={t('label.selectBox', words)}
        onClick={select}
      >
        <span>{its.name}</span>
        {box.origin === 'model' ? <Sparkles aria-label={t('label.fromModel')} /> : null}
        <span className={styles['muted']}>{words.size} px</span>
      </button>
      <button
        type="button"
        className={styles['delete']}
        aria-label={t('label.deleteBox', words)}
        onClick={() => removeBox(image, box.id)}
      >
        <X />
      </button>
    </li>
  );
}
