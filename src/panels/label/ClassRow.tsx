/** One class: its key, colour, name, number of boxes, and what can be done to it. */
import { useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { Ellipsis } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { chooseClass } from '../../state/label-actions';
import type { LabelClass } from '../../state/labels';
import { useAppStore, useLabels, useLabelStore } from '../../state/react';
import { IconButton } from '../../ui/Button';
import { Menu, MenuHeading, MenuItem } from '../../ui/Menu';
import { ClassColour } from './ClassColour';
import styles from './label.module.css';

interface ClassRowProps {
  its: LabelClass;
  /** 1, 2, …; the first nine are keys. */
  number: number;
  /** Boxes in the session. */
  count: number;
}

export function ClassRow({ its, number, count }: ClassRowProps): ReactNode {
  const { t } = useTranslation();
  const stores = { app: useAppStore(), labels: useLabelStore() };
  const active = useLabels((state) => state.activeClass === its.id);
  const [renaming, setRenaming] = useState(false);
  return (
    <li className={styles['row']} data-active={active}>
      <kbd className={styles['key']} aria-hidden="true" data-none={number > 9}>
        {number > 9 ? '' : number}
      </kbd>
      <ClassColour its={its} />
      {renaming ? (
        <NameField its={its} onDone={() => setRenaming(false)} />
      ) : (
        <button
          type="button"
          className={styles['name']}
          aria-pressed={active}
          title={t('label.classHint', { name: its.name })}
          onClick={() => chooseClass(stores, its.id, true)}
          onKeyDown={({ key }) => key === 'F2' && setRenaming(true)}
        >
          <span>{its.name}</span>
          <span className={styles['muted']}>{t('label.count', { count })}</span>
        </button>
      )}
      <ClassMenu its={its} count={count} onRename={() => setRenaming(true)} />
    </li>
  );
}

function NameField({ its, onDone }: { its: LabelClass; onDone(): void }): ReactNode {
  const { t } = useTranslation();
  const labels = useLabelStore();
  const [name, setName] = useState(its.name);
  // Escape leaves the field as well, and must not take the name with it.
  const dropped = useRef(false);
  const finish = (): void => {
    if (!dropped.current) labels.getState().renameClass(its.id, name);
    onDone();
  };
  const press = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key !== 'Enter' && event.key !== 'Escape') return;
    event.preventDefault();
    dropped.current = event.key === 'Escape';
    event.currentTarget.blur();
  };
  return (
    <input
      type="text"
      autoFocus
      className={styles['text']}
      value={name}
      maxLength={80}
      aria-label={t('label.renameOf', { name: its.name })}
      onFocus={(event) => event.target.select()}
      onChange={(event) => setName(event.target.value)}
      onKeyDown={press}
      onBlur={finish}
    />
  );
}

function ClassMenu({ its, count, onRename }: { its: LabelClass; count: number; onRename(): void }): ReactNode {
  const { t } = useTranslation();
  const labels = useLabelStore();
  const classes = useLabels((state) => state.classes);
  const renames = useRef(false);
  const { mergeClasses, removeClass } = labels.getState();
  const rename = (): void => {
    renames.current = true;
    onRename();
  };
  /** The name's field has the focus then, not the button. */
  const keepFocus = (event: Event): void => {
    if (renames.current) event.preventDefault();
    renames.current = false;
  };
  const others = classes.filter(({ id }) => id !== its.id);
  return (
    <Menu
      onCloseAutoFocus={keepFocus}
      trigger={
        <IconButton label={t('label.moreOf', { name: its.name })}>
          <Ellipsis />
        </IconButton>
      }
    >
      <MenuItem onSelect={rename}>{t('label.rename')}</MenuItem>
      <MenuItem onSelect={() => removeClass(its.id)}>{t('label.deleteClass', { count })}</MenuItem>
      {others.length > 0 ? <MenuHeading>{t('label.mergeInto')}</MenuHeading> : null}
      {others.map(({ id, name }) => (
        <MenuItem key={id} onSelect={() => mergeClasses(its.id, id)}>
          {name}
        </MenuItem>
      ))}
    </Menu>
  );
}
