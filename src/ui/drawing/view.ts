/** Where image pixels lie on the screen: screen = image * scale + (x, y), all in CSS pixels. */
import type { PixelXyxy } from '../../lib/boxes';

export interface View {
  scale: number;
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

/** The zoom on top of the fitted view: identity is k 1, x 0, y 0 (d3-zoom's transform). */
export interface Zoom {
  k: number;
  x: number;
  y: number;
}

/** The whole image, centred, `margin` CSS pixels from the nearest edges. */
export function fitView(image: Size, viewport: Size, margin = 0): View {
  const room = { width: Math.max(viewport.width - 2 * margin, 1), height: Math.max(viewport.height - 2 * margin, 1) };
  const scale = Math.min(room.width / Math.max(image.width, 1), room.height / Math.max(image.height, 1));
  return {
    scale,
    x: (viewport.width - image.width * scale) / 2,
    y: (viewport.height - image.height * scale) / 2,
  };
}

export function zoomed(view: View, zoom: Zoom): View {
  return { scale: view.scale * zoom.k, x: view.x * zoom.k + zoom.x, y: view.y * zoom.k + zoom.y };
}

export function toScreen(view: View, [x0, y0, x1, y1]: PixelXyxy): [number, number, number, number] {
  return [x0 * view.scale + view.x, y0 * view.scale + view.y, x1 * view.scale + view.x, y1 * view.scale + view.y];
}

export function toImage(view: View, x: number, y: number): [number, number] {
  return [(x - view.x) / view.scale, (y - view.y) / view.scale];
}
