/** Downloads a checkpoint from the Hugging Face hub: the one thing on this page that uses the network, only when asked. */
import { useId, useState, type FormEvent, type ReactNode } from 'react';
import { Download } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { hostOf, HUB } from '../../lib/hub-address';
import { useAppState, useCommands } from '../../state/react';
import { Button } from '../../ui/Button';
import { HUB_EXAMPLES, readHubId } from './hub';
import styles from './model.module.css';

export function HubForm(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const busy = useAppState((state) => state.modelLoading !== null);
  const host = useAppState((state) => hostOf(state.hubEndpoint ?? HUB));
  const [text, setText] = useState('');
  const [refused, setRefused] = useState(false);
  const [field, examples, note] = [useId(), useId(), useId()];
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const repo = readHubId(text);
    setRefused(repo === null);
    if (repo !== null) commands.loadModel({ kind: 'hub', repo });
  };
  return (
    <form className={styles['hub']} onSubmit={submit}>
      <h2>
        <label htmlFor={field}>{t('model.hub')}</label>
      </h2>
      <div className={styles['line']}>
        <input
          id={field}
          list={examples}
          value={text}
          placeholder={t('model.hubPlaceholder')}
          spellCheck={false}
          autoComplete="off"
          aria-invalid={refused}
          aria-describedby={note}
          onChange={(event) => setText(event.target.value)}
        />
        <datalist id={examples}>
          {HUB_EXAMPLES.map((repo) => (
            <option key={repo} value={repo} />
          ))}
        </datalist>
        <Button type="submit" disabled={busy || text.trim() === ''}>
          <Download />
          {t('model.download')}
        </Button>
      </div>
      <p id={note} className={refused ? styles['bad'] : styles['muted']}>
        {refused ? t('model.hubRefused', { text }) : t('model.hubNote', { host })}
      </p>
    </form>
  );
}
