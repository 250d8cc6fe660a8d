/** The image with its boxes, and everything that changes how it is looked at. */
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useAppState, useAppStore, useCommands } from '../../state/react';
import { currentItem } from '../../state/select';
import { ErrorText } from '../../ui/ErrorText';
import { useShortcuts } from '../../ui/use-shortcuts';
import { mountStage, type StageHandle } from './mount-stage';
import { Readout } from './Readout';
import { StageToolbar } from './StageToolbar';
import styles from './stage.module.css';

const NEXT_TRAILS = { off: 'one', one: 'all', all: 'off' } as const;

export function Stage(): ReactNode {
  const { t } = useTranslation();
  const store = useAppStore();
  const commands = useCommands();
  const name = useAppState((state) => currentItem(state)?.name);
  const refused = useAppState((state) => currentItem(state)?.error);
  const [magnification, setMagnification] = useState(1);
  const frame = useRef<HTMLDivElement>(null);
  const picture = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const handle = useRef<StageHandle>(null);

  useEffect(() => {
    if (!frame.current || !picture.current || !overlay.current) return;
    const elements = { frame: frame.current, picture: picture.current, overlay: overlay.current };
    const stage = mountStage({ ...elements, store, fetchPicture: commands.picture, onMagnify: setMagnification });
    handle.current = stage;
    return stage.destroy;
  }, [store, commands]);

  const zoom = useMemo(
    () => ({
      in: () => handle.current?.zoomIn(),
      out: () => handle.current?.zoomOut(),
      fit: () => handle.current?.fit(),
    }),
    [],
  );
  useShortcuts(
    useMemo(
      () => ({
        '0': zoom.fit,
        '+': zoom.in,
        '=': zoom.in,
        '-': zoom.out,
        t: () => store.getState().setTrails(NEXT_TRAILS[store.getState().trails]),
        l: () => store.getState().setShowLabels(!store.getState().showLabels),
        Escape: () => store.getState().selectQuery(null),
      }),
      [zoom, store],
    ),
  );

  return (
    <section className={styles['stage']} aria-label={t('stage.title')}>
      <StageToolbar zoom={zoom} magnification={magnification} />
      <div ref={frame} className={styles['frame']}>
        <canvas ref={picture} role="img" aria-label={name ? t('stage.image', { name }) : t('stage.empty')} />
        <canvas ref={overlay} aria-hidden="true" />
        {name ? null : <p className={styles['empty']}>{t('stage.empty')}</p>}
        {refused ? (
          <div className={styles['empty']}>
            <ErrorText error={refused} />
          </div>
        ) : null}
      </div>
      <Readout />
    </section>
  );
}
