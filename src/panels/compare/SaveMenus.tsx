/** Copies or saves what is compared: figures and boxes as JSON, both pictures as one PNG. */
import type { ReactNode } from 'react';
import { Copy, Download } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { DetectorError, toAppError } from '../../lib/errors';
import { useAppStore, useCommands, useCompareStore } from '../../state/react';
import { currentItem } from '../../state/select';
import { IconButton } from '../../ui/Button';
import { Menu, MenuItem } from '../../ui/Menu';
import { offerFile } from '../../ui/offer-file';
import { comparisonJson } from './comparison-json';
import { comparisonPicture } from './comparison-picture';
import type { Shown } from './use-comparison';

type Format = 'json' | 'png';

function useWork(shown: Shown): { copy(format: Format): void; save(format: Format): void } {
  const [store, compare, commands] = [useAppStore(), useCompareStore(), useCommands()];
  const nameOf = (format: Format): string => {
    const image = currentItem(store.getState())?.name ?? 'image';
    return `${image.replace(/^.*\//, '').replace(/\.\w+$/, '')}.compared.${format}`;
  };
  const text = (): string => comparisonJson(shown, store.getState(), compare.getState());
  const picture = async (): Promise<Blob> => {
    const decoded = await commands.picture(store.getState().currentImage ?? '');
    if (!decoded) throw new DetectorError('image', 'comparison', 'expected an image, there is none');
    return comparisonPicture(decoded, shown, compare.getState().highlighted);
  };
  const reporting = (kind: 'copied' | 'saved', what: string, work: () => Promise<void>): void => {
    const { notify } = store.getState();
    void work().then(
      () => notify({ kind, what }),
      (thrown: unknown) => notify({ kind: 'fault', error: toAppError(thrown, what) }),
    );
  };
  return {
    copy: (format) =>
      reporting('copied', nameOf(format), () =>
        format === 'png'
          ? navigator.clipboard.write([new ClipboardItem({ 'image/png': picture() })])
          : navigator.clipboard.writeText(text()),
      ),
    save: (format) =>
      reporting('saved', nameOf(format), async () => {
        const blob = format === 'png' ? await picture() : new Blob([text()], { type: 'application/json' });
        offerFile(blob, nameOf(format));
      }),
  };
}

export function SaveMenus({ shown }: { shown: Shown }): ReactNode {
  const { t } = useTranslation();
  const { copy, save } = useWork(shown);
  const disabled = shown.comparison === null;
  const menu = (label: string, icon: ReactNode, act: (format: Format) => void): ReactNode => (
    <Menu
      trigger={
        <IconButton label={label} disabled={disabled}>
          {icon}
        </IconButton>
      }
    >
      <MenuItem onSelect={() => act('json')}>{t('formats.json')}</MenuItem>
      <MenuItem onSelect={() => act('png')}>{t('compare.png')}</MenuItem>
    </Menu>
  );
  return (
    <>
      {menu(t('compare.copy'), <Copy />, copy)}
      {menu(t('compare.save'), <Download />, save)}
    </>
  );
}
