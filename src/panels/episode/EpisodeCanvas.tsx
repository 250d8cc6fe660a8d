/** The picture of an outcome; pointing at a link or a box shows its class, score and IoU. */
import { useEffect, useRef, type PointerEvent, type ReactNode } from 'react';
import { drawEpisode, findingAt, type EpisodeScene } from '../../ui/drawing/episode';
import styles from './episode.module.css';

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
    const resized = new ResizeObserver(draw);
    resized.observe(element);
    return () => resized.disconnect();
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
  const { clientWidth: width, clientHeight: height } = canvas;
  const pen = canvas.getContext('2d');
  if (!pen || width === 0) return;
  const density = window.devicePixelRatio;
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  pen.scale(density, density);
  if (picture && picture.width > 0) pen.drawImage(picture, 0, 0, width, height);
  drawEpisode(pen, scene, { width, height });
}
