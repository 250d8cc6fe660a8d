/**
 * Draws a scene on a 2D context whose unit is a CSS pixel (the caller has scaled it for the screen's density). Nothing is
 * read but the arguments; the context's state is the same afterwards.
 */
import { textOn } from './colours';
import type { Scene, SceneBox, SceneTrail } from './scene';
import { trailShape } from './trail';
import { toScreen, type Size, type View } from './view';

/** What is used of a 2D context: a canvas's, an OffscreenCanvas's or a test's. */
export type Pen = Pick<
  CanvasRenderingContext2D,
  | 'save'
  | 'restore'
  | 'beginPath'
  | 'moveTo'
  | 'lineTo'
  | 'arc'
  | 'stroke'
  | 'fill'
  | 'strokeRect'
  | 'fillRect'
  | 'fillText'
  | 'measureText'
  | 'setLineDash'
  | 'globalAlpha'
  | 'lineWidth'
  | 'lineJoin'
  | 'strokeStyle'
  | 'fillStyle'
  | 'font'
  | 'textBaseline'
>;

export interface SceneStyle {
  /** Width of a box's line in CSS pixels; everything else follows. */
  line: number;
  /** Size of the tag's text in CSS pixels. */
  text: number;
  tags: boolean;
}

export const SCREEN_STYLE: SceneStyle = { line: 2, text: 12, tags: true };

/** A dark edge keeps light colours visible on light photos. */
export const HALO = 'rgba(0, 0, 0, 0.55)';
export const FONT = '"Inter", "Segoe UI", system-ui, sans-serif';
const QUIET_ALPHA = 0.3;
/** Boxes narrower than this on the screen carry no tag unless they are followed. */
const TAG_LEAST_WIDTH = 14;

export function drawScene(pen: Pen, scene: Scene, view: View, viewport: Size, style: SceneStyle): void {
  pen.save();
  pen.lineJoin = 'round';
  pen.font = `600 ${style.text}px ${FONT}`;
  pen.textBaseline = 'middle';
  for (const trail of scene.trails) drawTrail(pen, trail, view, style);
  for (const box of scene.boxes) if (box.row === 0) drawBox(pen, box, view, style);
  if (style.tags) for (const box of scene.boxes) drawTag(pen, box, view, viewport, style);
  pen.restore();
}

function drawBox(pen: Pen, { box, colour, alpha, emphasis }: SceneBox, view: View, style: SceneStyle): void {
  const edges = toScreen(view, box);
  const width = emphasis === 'strong' ? style.line * 1.5 : style.line;
  boxFrame(pen, edges, colour, width, style.line, alpha * (emphasis === 'quiet' ? QUIET_ALPHA : 1));
  if (emphasis !== 'strong') return;
  const [x0, y0, x1, y1] = edges;
  pen.globalAlpha = alpha * 0.14;
  pen.fillStyle = colour;
  pen.fillRect(x0, y0, x1 - x0, y1 - y0);
}

/** A coloured frame with a halo that stands out by `halo` in all; `edges` and widths in CSS pixels. */
export function boxFrame(
  pen: Pen,
  [x0, y0, x1, y1]: readonly [number, number, number, number],
  colour: string,
  width: number,
  halo: number,
  alpha: number,
): void {
  pen.globalAlpha = alpha;
  pen.strokeStyle = HALO;
  pen.lineWidth = width + halo;
  pen.strokeRect(x0, y0, x1 - x0, y1 - y0);
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.strokeRect(x0, y0, x1 - x0, y1 - y0);
}

function drawTag(pen: Pen, item: SceneBox, view: View, viewport: Size, style: SceneStyle): void {
  const alpha = item.alpha * (item.emphasis === 'quiet' ? QUIET_ALPHA : 1);
  boxTag(pen, { ...item, alpha, always: item.emphasis === 'strong' }, view, viewport, style);
}

export interface BoxTag extends Pick<SceneBox, 'box' | 'colour' | 'text' | 'alpha' | 'row'> {
  /** Also where the box is too narrow for a tag. */
  always: boolean;
}

/** The tag sits on the box's upper edge, inside it where there is no room above, and never leaves the viewport. */
export function boxTag(pen: Pen, item: BoxTag, view: View, viewport: Size, style: SceneStyle): void {
  const [x0, y0, x1] = toScreen(view, item.box);
  if (!item.always && x1 - x0 < TAG_LEAST_WIDTH) return;
  const padding = style.text * 0.4;
  const width = pen.measureText(item.text).width + 2 * padding;
  const height = style.text * 1.5;
  const half = style.line / 2;
  const x = Math.min(Math.max(x0 - half, 0), Math.max(viewport.width - width, 0));
  const first = y0 - height - half >= 0 ? y0 - height - half : Math.max(y0 + half, 0);
  const y = first + item.row * height;
  pen.globalAlpha = item.alpha;
  pen.fillStyle = item.colour;
  pen.fillRect(x, y, width, height);
  pen.fillStyle = textOn(item.colour);
  pen.fillText(item.text, x + padding, y + height / 2);
}

function drawTrail(pen: Pen, { boxes, colour, faint }: SceneTrail, view: View, style: SceneStyle): void {
  const { points, ghosts } = trailShape(boxes);
  if (!faint) drawGhosts(pen, ghosts, colour, view, style);
  const onScreen = points.map(([x, y]) => [x * view.scale + view.x, y * view.scale + view.y] as const);
  pen.globalAlpha = faint ? 0.6 : 1;
  for (const [ink, width] of [
    [HALO, style.line * (faint ? 1.5 : 2)],
    [colour, style.line * (faint ? 0.75 : 1)],
  ] as const) {
    pen.strokeStyle = ink;
    pen.lineWidth = width;
    pen.beginPath();
    onScreen.forEach(([x, y], index) => (index === 0 ? pen.moveTo(x, y) : pen.lineTo(x, y)));
    pen.stroke();
  }
  pen.fillStyle = colour;
  pen.strokeStyle = HALO;
  pen.lineWidth = style.line / 2;
  for (const [x, y] of faint ? onScreen.slice(0, 1) : onScreen) {
    pen.beginPath();
    pen.arc(x, y, style.line * (faint ? 1 : 1.75), 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
  }
}

function drawGhosts(
  pen: Pen,
  ghosts: ReturnType<typeof trailShape>['ghosts'],
  colour: string,
  view: View,
  style: SceneStyle,
): void {
  pen.setLineDash([style.line * 2, style.line * 2]);
  pen.strokeStyle = colour;
  pen.lineWidth = style.line;
  for (const ghost of ghosts) {
    const [x0, y0, x1, y1] = toScreen(view, ghost.box);
    pen.globalAlpha = ghost.alpha;
    pen.strokeRect(x0, y0, x1 - x0, y1 - y0);
  }
  pen.setLineDash([]);
}
