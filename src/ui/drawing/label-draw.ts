/**
 * Draws labels, predictions and the box of a drag on a 2D context whose unit is a CSS pixel. Nothing is read but the
 * arguments; the context's state is the same afterwards.
 */
import { boxFrame, boxTag, FONT, HALO, type Pen, type SceneStyle } from './draw-scene';
import { handlesOf } from './label-hit';
import { sizeText, type Draft, type LabelScene, type LabelSceneBox, type PredictionSceneBox } from './label-scene';
import { toScreen, type Size, type View } from './view';

/** CSS pixels. */
const HANDLE_SIDE = 8;
const GUIDE_INKS = [
  ['rgba(0, 0, 0, 0.5)', 3],
  ['rgba(255, 255, 255, 0.85)', 1],
] as const;

export function drawLabels(pen: Pen, scene: LabelScene, view: View, viewport: Size, style: SceneStyle): void {
  const { draft } = scene;
  const labels = scene.labels
    .filter(({ id }) => id !== draft?.id)
    .sort((a, b) => Number(a.selected) - Number(b.selected));
  pen.save();
  pen.lineJoin = 'round';
  pen.font = `600 ${style.text}px ${FONT}`;
  pen.textBaseline = 'middle';
  for (const box of scene.predictions) drawPrediction(pen, box, view, style);
  for (const box of labels) drawLabel(pen, box, view, style);
  if (style.tags) {
    for (const box of scene.predictions) tagPrediction(pen, box, view, viewport, style);
    for (const box of labels) boxTag(pen, { ...box, alpha: 1, row: 0, always: box.selected }, view, viewport, style);
  }
  if (draft) drawDraft(pen, draft, view, viewport, style);
  else for (const box of labels) if (box.selected) drawHandles(pen, box, view, style);
  if (scene.guides && !draft) drawGuides(pen, scene.guides, view, viewport);
  pen.restore();
}

function drawLabel(pen: Pen, { box, colour, selected, hovered }: LabelSceneBox, view: View, style: SceneStyle): void {
  boxFrame(pen, toScreen(view, box), colour, style.line * (selected || hovered ? 1.5 : 1), style.line, 1);
  // Faint: what is in the box is looked at while it is labelled.
  if (selected || hovered) wash(pen, box, colour, view, 0.1);
}

/** Dashed and thinner than a label, so that a guess never looks like a fact. */
function drawPrediction(pen: Pen, { box, colour, selected }: PredictionSceneBox, view: View, style: SceneStyle): void {
  pen.setLineDash([style.line * 3, style.line * 2]);
  boxFrame(pen, toScreen(view, box), colour, style.line * (selected ? 1 : 0.5), style.line, 1);
  pen.setLineDash([]);
  if (selected) wash(pen, box, colour, view, 0.16);
}

function tagPrediction(pen: Pen, item: PredictionSceneBox, view: View, viewport: Size, style: SceneStyle): void {
  const always = item.selected;
  boxTag(pen, { ...item, alpha: always ? 1 : 0.65, row: 0, always }, view, viewport, style);
}

function wash(pen: Pen, box: LabelSceneBox['box'], colour: string, view: View, alpha: number): void {
  const [x0, y0, x1, y1] = toScreen(view, box);
  pen.globalAlpha = alpha;
  pen.fillStyle = colour;
  pen.fillRect(x0, y0, x1 - x0, y1 - y0);
}

function drawDraft(pen: Pen, { box, colour }: Draft, view: View, viewport: Size, style: SceneStyle): void {
  boxFrame(pen, toScreen(view, box), colour, style.line, style.line, 1);
  wash(pen, box, colour, view, 0.12);
  boxTag(pen, { box, colour, text: sizeText(box), alpha: 1, row: 0, always: true }, view, viewport, style);
}

function drawHandles(pen: Pen, { box, colour }: LabelSceneBox, view: View, style: SceneStyle): void {
  pen.globalAlpha = 1;
  for (const { x, y } of handlesOf(box, view)) {
    pen.fillStyle = '#ffffff';
    pen.fillRect(x - HANDLE_SIDE / 2, y - HANDLE_SIDE / 2, HANDLE_SIDE, HANDLE_SIDE);
    for (const [ink, width] of [
      [HALO, style.line * 1.5],
      [colour, style.line * 0.75],
    ] as const) {
      pen.strokeStyle = ink;
      pen.lineWidth = width;
      pen.strokeRect(x - HANDLE_SIDE / 2, y - HANDLE_SIDE / 2, HANDLE_SIDE, HANDLE_SIDE);
    }
  }
}

function drawGuides(pen: Pen, [imageX, imageY]: readonly [number, number], view: View, viewport: Size): void {
  const [x, y] = toScreen(view, [imageX, imageY, imageX, imageY]);
  pen.globalAlpha = 0.7;
  for (const [ink, width] of GUIDE_INKS) {
    pen.strokeStyle = ink;
    pen.lineWidth = width;
    pen.beginPath();
    pen.moveTo(0, y);
    pen.lineTo(viewport.width, y);
    pen.moveTo(x, 0);
    pen.lineTo(x, viewport.height);
    pen.stroke();
  }
}
