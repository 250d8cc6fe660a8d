/**
 * One outcome of an episode as a small picture: labels dashed, predictions in their class's colour, a line from each label to
 * the prediction that it is matched with. Everything is placed by fractions, so that any size of picture will do.
 */
import { classColour, textOn } from './colours';
import type { Pen } from './draw-scene';
import type { Size } from './view';

/** cxcywh as fractions of the picture. */
type FractionBox = readonly [number, number, number, number];

export interface EpisodeLabel {
  name: string;
  box: FractionBox;
}

export interface EpisodeFinding {
  name: string;
  /** 0..1 */
  score: number;
  box: FractionBox;
  /** Into the labels. */
  matched: { label: number; iou: number } | null;
}

export interface EpisodeScene {
  labels: readonly EpisodeLabel[];
  findings: readonly EpisodeFinding[];
  /** Index of the finding that is pointed at, -1 for none. */
  pointed: number;
}

const HALO = 'rgba(0, 0, 0, 0.55)';
const LABEL_INK = '#ffffff';
const FONT = '600 11px "Inter", "Segoe UI", system-ui, sans-serif';
const QUIET = 0.35;
/** Below the score's threshold a prediction is there only because it stands for a label. */
const LEAST_ALPHA = 0.35;

/** Corner and size in the unit of `size`. */
export function placed([cx, cy, w, h]: FractionBox, size: Size): [number, number, number, number] {
  return [(cx - w / 2) * size.width, (cy - h / 2) * size.height, w * size.width, h * size.height];
}

const centre = ([cx, cy]: FractionBox, size: Size): [number, number] => [cx * size.width, cy * size.height];

export function drawEpisode(pen: Pen, scene: EpisodeScene, size: Size): void {
  pen.save();
  pen.lineJoin = 'round';
  scene.findings.forEach((finding, index) => {
    pen.globalAlpha = scene.pointed === -1 || scene.pointed === index ? 1 : QUIET;
    drawLink(pen, scene, finding, size);
  });
  scene.findings.forEach((finding, index) => {
    const quiet = scene.pointed === -1 || scene.pointed === index ? 1 : QUIET;
    pen.globalAlpha = quiet * Math.max(LEAST_ALPHA, Math.min(1, finding.score));
    strokeBox(pen, placed(finding.box, size), classColour(finding.name), 1.5);
  });
  pen.globalAlpha = 1;
  pen.setLineDash([4, 3]);
  for (const label of scene.labels) strokeBox(pen, placed(label.box, size), LABEL_INK, 1);
  pen.setLineDash([]);
  const pointed = scene.findings[scene.pointed];
  if (pointed) drawTag(pen, pointed, size);
  pen.restore();
}

function strokeBox(pen: Pen, [x, y, w, h]: [number, number, number, number], colour: string, line: number): void {
  pen.strokeStyle = HALO;
  pen.lineWidth = line + 1;
  pen.strokeRect(x, y, w, h);
  pen.strokeStyle = colour;
  pen.lineWidth = line;
  pen.strokeRect(x, y, w, h);
}

function drawLink(pen: Pen, { labels }: EpisodeScene, { matched, box, name }: EpisodeFinding, size: Size): void {
  const label = matched && labels[matched.label];
  if (!label) return;
  const [from, to] = [centre(label.box, size), centre(box, size)];
  for (const [ink, width] of [
    [HALO, 3],
    [classColour(name), 1.5],
  ] as const) {
    pen.strokeStyle = ink;
    pen.lineWidth = width;
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(...to);
    pen.stroke();
  }
  pen.fillStyle = LABEL_INK;
  pen.beginPath();
  pen.arc(...from, 2, 0, 2 * Math.PI);
  pen.fill();
}

/** "cat 0.87, IoU 0.71" */
export function findingText({ name, score, matched }: EpisodeFinding): string {
  const text = `${name} ${score.toFixed(2)}`;
  return matched ? `${text}, IoU ${matched.iou.toFixed(2)}` : text;
}

function drawTag(pen: Pen, finding: EpisodeFinding, size: Size): void {
  const [x, y, , h] = placed(finding.box, size);
  pen.font = FONT;
  pen.textBaseline = 'middle';
  const text = findingText(finding);
  const width = pen.measureText(text).width + 8;
  const left = Math.min(Math.max(x, 0), Math.max(size.width - width, 0));
  const top = y >= 17 ? y - 17 : Math.min(y + h + 1, size.height - 16);
  const colour = classColour(finding.name);
  pen.fillStyle = colour;
  pen.fillRect(left, top, width, 16);
  pen.fillStyle = textOn(colour);
  pen.fillText(text, left + 4, top + 8);
}

/** The finding that a place in the picture means: the nearest link or centre within `reach`, else the smallest box around it; -1. */
export function findingAt(scene: EpisodeScene, x: number, y: number, size: Size, reach = 6): number {
  let [best, distance] = [-1, reach];
  scene.findings.forEach(({ box, matched }, index) => {
    const to = centre(box, size);
    const label = matched && scene.labels[matched.label];
    const away = segmentDistance(x, y, label ? centre(label.box, size) : to, to);
    if (away <= distance) [best, distance] = [index, away];
  });
  if (best >= 0) return best;
  let smallest = Infinity;
  scene.findings.forEach(({ box }, index) => {
    const [left, top, w, h] = placed(box, size);
    const inside = x >= left && x <= left + w && y >= top && y <= top + h;
    if (inside && w * h < smallest) [best, smallest] = [index, w * h];
  });
  return best;
}

function segmentDistance(x: number, y: number, [ax, ay]: [number, number], [bx, by]: [number, number]): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const part = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length));
  return Math.hypot(x - ax - part * dx, y - ay - part * dy);
}
