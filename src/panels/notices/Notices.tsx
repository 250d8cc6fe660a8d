/** Sentences over the stage: the device, a session file at work, what was refused, what went wrong. They cover a corner, they move nothing. */
import type { ReactNode } from 'react';
import { X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Notice } from '../../state/device';
import { useAppState, useAppStore, useCommands } from '../../state/react';
import { Button, IconButton } from '../../ui/Button';
import { ErrorText } from '../../ui/ErrorText';
import { ProgressBar } from '../../ui/Meter';
import styles from './notices.module.css';

export function Notices(): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const notices = useAppState((state) => state.notices);
  const modelError = useAppState((state) => state.modelError);
  return (
    <div className={styles['notices']} role="status" aria-label={t('notices.title')}>
      {notices.map((notice) => (
        <Sheet
          key={notice.id}
          kind={
            notice.kind === 'fault' ? 'bad' : notice.kind === 'fallback' || notice.kind === 'lost' ? 'warn' : 'plain'
          }
          onDismiss={() => store.getState().dismissNotice(notice.id)}
        >
          <NoticeText notice={notice} />
        </Sheet>
      ))}
      {modelError ? (
        <Sheet kind="bad" onDismiss={() => store.getState().dismissModelError()}>
          <ErrorText error={modelError} />
        </Sheet>
      ) : null}
      <SessionProgress />
      <Refusals />
    </div>
  );
}

function NoticeText({ notice }: { notice: Notice }): ReactNode {
  const { t } = useTranslation();
  switch (notice.kind) {
    case 'fallback':
    case 'fault':
      return <ErrorText error={notice.error} />;
    case 'lost':
      return <p>{t('notices.lost', { reason: notice.reason })}</p>;
    case 'restored':
      return <p>{t('notices.restored', { adapter: notice.adapter })}</p>;
    case 'copied':
      return <p>{t('notices.copied', { what: notice.what })}</p>;
    case 'saved':
      return <p>{t('notices.saved', { what: notice.what })}</p>;
  }
}

/** A session file that is being written or read. */
function SessionProgress(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const work = useAppState((state) => state.sessionWork);
  if (!work) return null;
  const { kind, done, total } = work;
  const text = total > 0 ? t('session.files', { done, total }) : '';
  return (
    <div className={styles['sheet']} data-kind="plain">
      <div className={styles['body']}>
        <p>
          {t(`session.${kind}`)} {text}
        </p>
        <ProgressBar label={t(`session.${kind}`)} part={total > 0 ? done / total : null} valueText={text} />
      </div>
      <Button onClick={commands.cancelSession}>{t('session.cancel')}</Button>
    </div>
  );
}

/** Every file that was refused, by name, with the reason. */
function Refusals(): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const refusals = useAppState((state) => state.refusals);
  if (refusals.length === 0) return null;
  return (
    <div className={styles['sheet']} data-kind="bad">
      <div className={styles['body']}>
        <h2>{t('notices.refused', { count: refusals.length })}</h2>
        <ul aria-label={t('notices.refusedList')}>
          {refusals.map((error, index) => (
            <li key={index} className={styles['refusal']}>
              <ErrorText error={error} />
              <IconButton
                label={t('notices.dismissOne', { name: error.subject })}
                onClick={() => store.getState().dismissRefusal(index)}
              >
                <X />
              </IconButton>
            </li>
          ))}
        </ul>
        {refusals.length > 1 ? (
          <Button onClick={() => store.getState().dismissRefusals()}>{t('notices.dismissAll')}</Button>
        ) : null}
      </div>
    </div>
  );
}

interface SheetProps {
  kind: 'plain' | 'warn' | 'bad';
  onDismiss(): void;
  children: ReactNode;
}

function Sheet({ kind, onDismiss, children }: SheetProps): ReactNode {
  const { t } = useTranslation();
  return (
    <div className={styles['sheet']} data-kind={kind}>
      <div className={styles['body']}>{children}</div>
      <IconButton label={t('notices.dismiss')} onClick={onDismiss}>
        <X />
      </IconButton>
    </div>
  );
}
