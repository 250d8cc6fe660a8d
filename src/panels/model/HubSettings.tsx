/** Where downloads come from: another address than the hub's, and the token that a private repository asks for. */
import { useId, useState, type FormEvent, type ReactNode } from 'react';
import { X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { hostOf, HUB, readEndpoint } from '../../lib/hub-address';
import { useAppState, useAppStore } from '../../state/react';
import { Button, IconButton } from '../../ui/Button';
import styles from './model.module.css';

export function HubSettings(): ReactNode {
  const { t } = useTranslation();
  const endpoint = useAppState((state) => state.hubEndpoint);
  const token = useAppState((state) => state.hubToken !== '');
  const facts = [...(endpoint ? [hostOf(endpoint)] : []), ...(token ? [t('hub.withToken')] : [])];
  return (
    <details className={styles['settings']}>
      <summary>
        {t('hub.settings')}
        {facts.length > 0 ? <small>{facts.join(', ')}</small> : null}
      </summary>
      <Mirror />
      <Token />
    </details>
  );
}

function Mirror(): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const endpoint = useAppState((state) => state.hubEndpoint);
  const [draft, setDraft] = useState<string | null>(null);
  const [refused, setRefused] = useState(false);
  const [field, note] = [useId(), useId()];
  const text = draft ?? endpoint ?? '';
  const use = (event: FormEvent): void => {
    event.preventDefault();
    const next = text.trim() === '' ? HUB : readEndpoint(text);
    setRefused(next === null);
    if (next === null) return;
    store.getState().setHubEndpoint(next);
    setDraft(null);
  };
  const reset = (): void => {
    setRefused(false);
    setDraft(null);
    store.getState().setHubEndpoint(null);
  };
  return (
    <form onSubmit={use} noValidate>
      <label htmlFor={field}>{t('hub.mirror')}</label>
      <div className={styles['line']}>
        <input
          id={field}
          type="url"
          value={text}
          placeholder={HUB}
          spellCheck={false}
          autoComplete="off"
          aria-invalid={refused}
          aria-describedby={note}
          onChange={(event) => setDraft(event.target.value)}
        />
        <Button type="submit" disabled={draft === null}>
          {t('hub.use')}
        </Button>
        <IconButton label={t('hub.reset')} disabled={endpoint === null && draft === null} onClick={reset}>
          <X />
        </IconButton>
      </div>
      <p id={note} className={refused ? styles['bad'] : styles['muted']} role={refused ? 'alert' : undefined}>
        {refused ? t('hub.mirrorRefused', { text: text.trim() }) : t('hub.mirrorNote')}
      </p>
    </form>
  );
}

/** Nothing of it outlives the page: no form that a password manager would offer to keep, no storage. */
function Token(): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const token = useAppState((state) => state.hubToken);
  const host = useAppState((state) => hostOf(state.hubEndpoint ?? HUB));
  const [field, note] = [useId(), useId()];
  return (
    <div>
      <label htmlFor={field}>{t('hub.token')}</label>
      <div className={styles['line']}>
        <input
          id={field}
          type="password"
          value={token}
          spellCheck={false}
          autoComplete="off"
          aria-describedby={note}
          onChange={(event) => store.getState().setHubToken(event.target.value)}
        />
        <IconButton label={t('hub.forget')} disabled={token === ''} onClick={() => store.getState().setHubToken('')}>
          <X />
        </IconButton>
      </div>
      <p id={note} className={styles['muted']}>
        {t('hub.tokenNote', { host })}
      </p>
    </div>
  );
}
