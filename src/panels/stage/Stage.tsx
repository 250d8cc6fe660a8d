/** The image with its boxes, and everything that changes how it is looked at. */
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { switchLooking } from '../../state/looking';
import { useAppState, useAppStore, useCommands, useLabels, useLabelStore } from '../../state/react';
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
  const labels = useLabelStore();
  const commands = useCommands();
  const mode = useLabels((state) => state.mode);
  const firstClass = t('label.firstClass');
  const name = useAppState((state) => currentItem(state)?.name);
  const live = useAppState((state) => state.live?.status);
  const refused = useAppState((state) => currentItem(state)?.error);
  const [magnification, setMagnification] = useState(1);
  const frame = useRef<HTMLDivElement>(null);
  const picture = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const handle = useRef<StageHandle>(null);

  useEffect(() => {
    if (!frame.current || !picture.current || !overlay.current) return;
    const elements = { frame: frame.current, picture: picture.current, overlay: overlay.current };
    const stage = mountStage({
      ...elements,
      store,
      labels,
      firstClass,
      fetchPicture: commands.picture,
      liveVideo: commands.liveVideo,
      onMagnify: setMagnification,
    });
    handle.current = stage;
    return stage.destroy;
  }, [store, labels, commands, firstClass]);

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
        g: () => store.getState().setShowLabels(!store.getState().showLabels),
        v: () => {
          if (labels.getState().mode !== 'label') switchLooking(store);
        },
        Escape: () => store.getState().selectQuery(null),
      }),
      [zoom, store, labels],
    ),
  );

  const describe = (shown: string | undefined): string => {
    if (live) return t('stage.live');
    return shown === undefined
      ? t('stage.empty')
      : t(mode === 'label' ? 'label.stageImage' : 'stage.image', { name: shown });
  };

  return (
    <section className={styles['stage']} aria-label={t('stage.title')}>
      <StageToolbar zoom={zoom} magnification={magnification} />
      <div ref={frame} className={styles['frame']} data-mode={mode}>
        <canvas ref={picture} role="img" aria-label={describe(name)} />
        <canvas ref={overlay} aria-hidden="true" />
        {name || live === 'on' || live === 'hidden' ? null : (
          <p className={styles['empty']}>{t(live === 'opening' ? 'stage.liveOpening' : 'stage.empty')}</p>
        )}
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
