/**
 * Zoom and pan: the wheel and pinch zoom at the cursor; the middle button, Space with the main button, or a finger drag. Where
 * one finger draws, two drag.
 */
import { select } from 'd3-selection';
import { zoom as createZoom, zoomIdentity, type D3ZoomEvent } from 'd3-zoom';
import type { Zoom } from '../../ui/drawing/view';

const LEAST = 0.5;
const MOST = 64;
const STEP = 1.4;

export interface ZoomControl {
  in(): void;
  out(): void;
  /** Fits the image again. */
  reset(): void;
  destroy(): void;
}

/**
 * @param onZoom is told the zoom on top of the fitted view whenever it changes
 * @param isDrawing whether a single finger draws and so does not drag
 */
export function attachZoom(element: HTMLElement, onZoom: (zoom: Zoom) => void, isDrawing: () => boolean): ZoomControl {
  let spaceHeld = false;
  const behaviour = createZoom<HTMLElement, unknown>()
    .scaleExtent([LEAST, MOST])
    .filter((event: MouseEvent | TouchEvent | WheelEvent) => {
      if ('touches' in event) return event.touches.length > 1 || !isDrawing();
      if (event.type === 'wheel') return true;
      return (
        event.type === 'mousedown' && 'button' in event && (event.button === 1 || (event.button === 0 && spaceHeld))
      );
    })
    .on('zoom', ({ transform }: D3ZoomEvent<HTMLElement, unknown>) => onZoom(transform));
  const target = select(element).call(behaviour).on('dblclick.zoom', null);

  const press = (event: KeyboardEvent): void => {
    if (event.key !== ' ' || event.target !== document.body) return;
    spaceHeld = true;
    element.dataset['pan'] = 'ready';
    event.preventDefault();
  };
  const release = (event?: KeyboardEvent): void => {
    if (event && event.key !== ' ') return;
    spaceHeld = false;
    delete element.dataset['pan'];
  };
  const blur = (): void => release();
  window.addEventListener('keydown', press);
  window.addEventListener('keyup', release);
  window.addEventListener('blur', blur);

  return {
    in: () => behaviour.scaleBy(target, STEP),
    out: () => behaviour.scaleBy(target, 1 / STEP),
    reset: () => behaviour.transform(target, zoomIdentity),
    destroy: () => {
      target.on('.zoom', null);
      window.removeEventListener('keydown', press);
      window.removeEventListener('keyup', release);
      window.removeEventListener('blur', blur);
    },
  };
}
