/** The top row: what the stage is for, what runs on what, the link, the colour scheme, the keys. */
import { useMemo, type ReactNode } from 'react';
import { Columns2, Cpu, Link, Monitor, Moon, Shapes, Sun } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { switchMode } from '../state/label-actions';
import { useAppState, useAppStore, useCommands, useCompare, useLabels, useLabelStore } from '../state/react';
import type { AppState } from '../state/store';
import type { SidePanel, Theme } from '../state/view';
import { IconButton } from '../ui/Button';
import { Segmented } from '../ui/Segmented';
import { useShortcuts } from '../ui/use-shortcuts';
import styles from './app.module.css';
import { KeysDialog } from './KeysDialog';
import { SessionMenu } from './SessionMenu';

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
      <ModeSwitch />
      <ModelChip />
      <DeviceChip />
      <span className={styles['gap']} />
      <CompareButton />
      <SessionMenu />
      <LinkButton />
      <ThemeButton />
      <KeysDialog />
    </header>
  );
}

/** Whether the stage shows detections or takes labels. */
function ModeSwitch(): ReactNode {
  const { t } = useTranslation();
  const [app, labels] = [useAppStore(), useLabelStore()];
  const mode = useLabels((state) => state.mode);
  useShortcuts(
    useMemo(
      () => ({
        l: () => switchMode({ app, labels }, labels.getState().mode === 'label' ? 'detect' : 'label'),
      }),
      [app, labels],
    ),
  );
  return (
    <Segmented
      label={t('label.mode')}
      value={mode}
      options={(['detect', 'label'] as const).map((value) => ({ value, label: t(`label.modes.${value}`) }))}
      onChange={(next) => switchMode({ app, labels }, next)}
    />
  );
}

/** Shows a panel, in place of a comparison where there is one. */
function useShowPanel(): (panel: SidePanel) => void {
  const [store, commands] = [useAppStore(), useCommands()];
  return (panel) => {
    commands.closeCompare();
    store.getState().setSidePanel(panel);
  };
}

function ModelChip(): ReactNode {
  const { t } = useTranslation();
  const show = useShowPanel();
  const loading = useAppState((state) => state.modelLoading?.name);
  const model = useAppState((state) => state.model?.name);
  const text = loading ? t('chips.loading', { name: loading }) : (model ?? t('chips.noModel'));
  return (
    <button
      type="button"
      className={styles['chip']}
      aria-label={`${t('tabs.model')}: ${text}`}
      onClick={() => show('model')}
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
  const show = useShowPanel();
  const word = useAppState(deviceWord);
  const text = word === 'webgpu' || word === 'wasm' ? t(`backends.${word}`) : t(`chips.${word}`);
  return (
    <button
      type="button"
      className={`${styles['chip']} ${styles['device']}`}
      data-warn={word !== 'webgpu' && word !== 'starting'}
      aria-label={`${t('tabs.device')}: ${text}`}
      onClick={() => show('device')}
    >
      <Cpu />
      <span>{text}</span>
    </button>
  );
}

function CompareButton(): ReactNode {
  const { t } = useTranslation();
  const commands = useCommands();
  const open = useCompare((state) => state.open);
  const toggle = open ? commands.closeCompare : commands.openCompare;
  useShortcuts(useMemo(() => ({ c: toggle }), [toggle]));
  return (
    <IconButton
      label={t('compare.open')}
      shortcut="C"
      aria-pressed={open}
      className={styles['compareButton']!}
      onClick={toggle}
    >
      <Columns2 />
    </IconButton>
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
