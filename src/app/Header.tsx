/** The top row: what runs on what, the link, the colour scheme, the keys. */
import { type ReactNode } from 'react';
import { Cpu, Link, Monitor, Moon, Shapes, Sun } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useAppState, useAppStore, useCommands } from '../state/react';
import type { AppState } from '../state/store';
import type { Theme } from '../state/view';
import { IconButton } from '../ui/Button';
import styles from './app.module.css';
import { KeysDialog } from './KeysDialog';

const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
const ICONS = { system: Monitor, light: Sun, dark: Moon } as const;

export function Header(): ReactNode {
  const { t } = useTranslation();
  return (
    <header className={styles['header']}>
      <h1>{t('app.title')}</h1>
      <a className={styles['skip']} href="#details">
        {t('app.skip')}
      </a>
      <ModelChip />
      <DeviceChip />
      <span className={styles['gap']} />
      <LinkButton />
      <ThemeButton />
      <KeysDialog />
    </header>
  );
}

function ModelChip(): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const loading = useAppState((state) => state.modelLoading?.name);
  const model = useAppState((state) => state.model?.name);
  const text = loading ? t('chips.loading', { name: loading }) : (model ?? t('chips.noModel'));
  return (
    <button
      type="button"
      className={styles['chip']}
      aria-label={`${t('tabs.model')}: ${text}`}
      onClick={() => store.getState().setSidePanel('model')}
    >
      <Shapes />
      <span>{text}</span>
    </button>
  );
}

/** "webgpu", or why there is nothing to compute on at the moment. */
const deviceWord = (state: AppState): 'webgpu' | 'wasm' | 'starting' | 'lost' | 'failed' =>
  state.deviceStatus === 'ready' && state.device ? state.device.backend : (state.deviceStatus as 'starting');

function DeviceChip(): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const word = useAppState(deviceWord);
  const text = word === 'webgpu' || word === 'wasm' ? t(`backends.${word}`) : t(`chips.${word}`);
  return (
    <button
      type="button"
      className={`${styles['chip']} ${styles['device']}`}
      data-warn={word !== 'webgpu' && word !== 'starting'}
      aria-label={`${t('tabs.device')}: ${text}`}
      onClick={() => store.getState().setSidePanel('device')}
    >
      <Cpu />
      <span>{text}</span>
    </button>
  );
}

function LinkButton(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  return (
    <IconButton label={t('app.copyLink')} onClick={commands.copyLink}>
      <Link />
    </IconButton>
  );
}

function ThemeButton(): ReactNode {
  const { t } = useTranslation();
  const theme = useAppState((state) => state.theme);
  const setTheme = useAppState((state) => state.setTheme);
  const Icon = ICONS[theme];
  return (
    <IconButton
      label={t('app.themeNext', { current: t(`app.themes.${theme}`), next: t(`app.themes.${NEXT[theme]}`) })}
      onClick={() => setTheme(NEXT[theme])}
    >
      <Icon />
    </IconButton>
  );
}
