/** The classes in their order, with the keys 1 to 9, and a field for one more. */
import { useMemo, useState, type FormEvent, type ReactNode } from 'react';
import { Plus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useLabels, useLabelStore } from '../../state/react';
import { IconButton } from '../../ui/Button';
import { ClassRow } from './ClassRow';
import { countByClass } from './counts';
import styles from './label.module.css';

export function ClassList(): ReactNode {
  const { t } = useTranslation();
  const classes = useLabels((state) => state.classes);
  const items = useLabels((state) => state.items);
  const counts = useMemo(() => countByClass(items), [items]);
  return (
    <section className={styles['part']} aria-label={t('label.classes')}>
      <h2>{t('label.classes')}</h2>
      {classes.length === 0 ? <p className={styles['muted']}>{t('label.noClasses')}</p> : null}
      <ol className={styles['list']} aria-label={t('label.classes')}>
        {classes.map((each, index) => (
          <ClassRow key={each.id} its={each} number={index + 1} count={counts.get(each.id) ?? 0} />
        ))}
      </ol>
      <AddClass />
    </section>
  );
}

function AddClass(): ReactNode {
  const { t } = useTranslation();
  const labels = useLabelStore();
  const [name, setName] = useState('');
  const add = (event: FormEvent): void => {
    event.preventDefault();
    if (name.trim() === '') return;
    const { addClass, setActiveClass } = labels.getState();
    setActiveClass(addClass(name));
    setName('');
  };
  return (
    <form className={styles['add']} onSubmit={add}>
      <input
        type="text"
        className={styles['text']}
        value={name}
        maxLength={80}
        placeholder={t('label.newClass')}
        aria-label={t('label.newClass')}
        onChange={(event) => setName(event.target.value)}
      />
      <IconButton type="submit" label={t('label.addClass')} disabled={name.trim() === ''}>
        <Plus />
      </IconButton>
    </form>
  );
}
