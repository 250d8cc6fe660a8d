/** Out, in, and the whole picture. */
import type { ReactNode } from 'react';
import { Maximize, Minus, Plus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { IconButton } from './Button';

export interface ZoomActions {
  in(): void;
  out(): void;
  fit(): void;
}

/** @param magnification what stands between out and in, where anything does */
export function ZoomButtons({ zoom, magnification }: { zoom: ZoomActions; magnification?: ReactNode }): ReactNode {
  const { t } = useTranslation();
  return (
    <>
      <IconButton label={t('stage.zoomOut')} shortcut="-" onClick={zoom.out}>
        <Minus />
      </IconButton>
      {magnification}
      <IconButton label={t('stage.zoomIn')} shortcut="+" onClick={zoom.in}>
        <Plus />
      </IconButton>
      <IconButton label={t('stage.fit')} shortcut="0" onClick={zoom.fit}>
        <Maximize />
      </IconButton>
    </>
  );
}
