/** What is drawn over an image, as plain data in image pixels: made here, drawn by draw-scene.ts, tested without a canvas. */
import type { PixelXyxy } from '../../lib/boxes';
import { pathOf, shownAt, type Shown } from '../../lib/layers';
import type { ImageDetections } from '../../lib/types';
import { classColour } from './colours';

/** `quiet` steps back while another query is followed. */
export type Emphasis = 'normal' | 'strong' | 'quiet';

export interface SceneBox {
  query: number;
  box: PixelXyxy;
  colour: string;
  /** Class and score for the tag. */
  text: string;
  /** 0..1. */
  alpha: number;
  emphasis: Emphasis;
  /** 0 for the best class of a query; a second class has the same box and its tag one row below. */
  row: number;
}

/** One query from query selection to the last layer. */
export interface SceneTrail {
  query: number;
  /** Boxes in layer order. */
  boxes: PixelXyxy[];
  colour: string;
  /** Only the path, thin: many trails at once. */
  faint: boolean;
}

/** Painted in this order: trails, then boxes; the best box last, on top. */
export interface Scene {
  boxes: SceneBox[];
  trails: SceneTrail[];
}

export interface SceneOptions {
  /** Class names of the model that made the result. */
  names: readonly string[];
  threshold: number;
  /** Layer position, null for the last. */
  position: number | null;
  hidden: readonly string[];
  selected: number | null;
  hovered: number | null;
  trails: 'off' | 'one' | 'all';
  /** Shows what the last layer finds in every layer, faint where it is not found yet: for the animation. */
  pending: boolean;
}

const nameOf = (names: readonly string[], label: number): string => names[label] ?? `class ${label}`;

/** "cat 0.87" */
export function tagText(name: string, score: number): string {
  return `${name} ${score.toFixed(2)}`;
}

function emphasisOf(query: number, selected: number | null, hovered: number | null): Emphasis {
  if (query === selected || query === hovered) return 'strong';
  return selected === null ? 'normal' : 'quiet';
}

function trailsOf(result: ImageDetections, shown: Shown[], options: SceneOptions): SceneTrail[] {
  const { trails, selected, hovered, names } = options;
  if (trails === 'off') return [];
  const followed = [...new Set([selected, hovered])].filter((query) => query !== null);
  const best = new Map<number, Shown>();
  for (const each of shown) if (!best.has(each.query)) best.set(each.query, each);
  const trail = (query: number, faint: boolean): SceneTrail => {
    const label = best.get(query)?.label ?? topLabel(result, query);
    return { query, boxes: pathOf(result, query), colour: classColour(nameOf(names, label)), faint };
  };
  const others = trails === 'all' ? [...best.keys()].filter((query) => !followed.includes(query)) : [];
  return [...others.map((query) => trail(query, true)), ...followed.map((query) => trail(query, false))].filter(
    ({ boxes }) => boxes.length > 1,
  );
}

/** The best class of a query in the last layer that lists it; 0 when none does. */
function topLabel(result: ImageDetections, query: number): number {
  for (const layer of [...result.layers].reverse()) {
    const at = layer.query.indexOf(query);
    if (at >= 0) return layer.label[at]!;
  }
  return 0;
}

/** The scene of one result. A followed query keeps its trail even where its score is below the threshold. */
export function buildScene(result: ImageDetections, options: SceneOptions): Scene {
  const { names, hidden, selected, hovered } = options;
  const shown = shownAt(result, options.position, options.threshold, options.pending).filter(
    ({ label }) => !hidden.includes(nameOf(names, label)),
  );
  const rows = new Map<number, number>();
  const boxes = shown.map(({ query, label, score, box, alpha }): SceneBox => {
    const row = rows.get(query) ?? 0;
    rows.set(query, row + 1);
    const name = nameOf(names, label);
    const emphasis = emphasisOf(query, selected, hovered);
    return {
      query,
      box,
      colour: classColour(name),
      text: score < options.threshold ? name : tagText(name, score),
      alpha,
      emphasis,
      row,
    };
  });
  return { boxes: boxes.reverse(), trails: trailsOf(result, shown, options) };
}
