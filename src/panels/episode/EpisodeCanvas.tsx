/** The picture of an outcome; pointing at a link or a box shows its class, score and IoU. */
import { useEffect, useRef, type PointerEvent, type ReactNode } from 'react';
import { drawEpisode, findingAt, type EpisodeScene } from '../../ui/drawing/episode';
import { drawPicture, sharpPen } from '../../ui/drawing/pen';
import styles from './episode.module.css';
import { paintSoon } from './paint-queue';

interface EpisodeCanvasProps {
  scene: EpisodeScene;
  picture: ImageBitmap | null;
  label: string;
}

export function EpisodeCanvas({ scene, picture, label }: EpisodeCanvasProps): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const pointed = useRef(-1);

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    pointed.current = -1;
    const draw = (): void => paint(element, { ...scene, pointed: pointed.current }, picture);
    let takeBack = (): void => undefined;
    const resized = new ResizeObserver(() => {
      takeBack = paintSoon(draw);
    });
    resized.observe(element);
    return () => {
      resized.disconnect();
      takeBack();
    };
  }, [scene, picture]);

  const point = (event: PointerEvent<HTMLCanvasElement>): void => {
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
    const at = findingAt(scene, event.clientX - left, event.clientY - top, { width, height });
    show(at);
  };
  const show = (at: number): void => {
    if (at === pointed.current || !canvas.current) return;
    pointed.current = at;
    paint(canvas.current, { ...scene, pointed: at }, picture);
  };
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={label}
      className={styles['picture']}
      onPointerMove={point}
      onPointerLeave={() => show(-1)}
    />
  );
}

function paint(canvas: HTMLCanvasElement, scene: EpisodeScene, picture: ImageBitmap | null): void {
  const sharp = sharpPen(canvas);
  if (!sharp) return;
  const { pen, width, height } = sharp;
  drawPicture(pen, picture, [0, 0, width, height]);
  drawEpisode(pen, scene, { width, height });
}
