/** The boxes of one side as they are drawn: what both found is plain, what one found alone is filled, the highlighted stand out. */
import type { Compared } from '../../lib/compare-models';
import { classColour } from '../../ui/drawing/colours';
import { tagText, type Emphasis, type Scene, type SceneBox } from '../../ui/drawing/scene';

function emphasisOf(key: string, highlighted: ReadonlySet<string>, alone: ReadonlySet<string>): Emphasis {
  if (highlighted.size > 0) return highlighted.has(key) ? 'strong' : 'quiet';
  return alone.has(key) ? 'strong' : 'normal';
}

/**
 * Places of tags by key: 0 for the first of a query, whose frame is drawn; what is highlighted goes before what is surer.
 */
function rowsOf(found: readonly Compared[], highlighted: ReadonlySet<string>): Map<string, number> {
  const [counts, rows] = [new Map<number, number>(), new Map<string, number>()];
  const isHighlighted = ({ key }: Compared): number => Number(highlighted.has(key));
  for (const { key, query } of found.toSorted((a, b) => isHighlighted(b) - isHighlighted(a))) {
    const row = counts.get(query) ?? 0;
    counts.set(query, row + 1);
    rows.set(key, row);
  }
  return rows;
}

/**
 * @param found of one side, best first
 * @param highlighted keys; while there are any, everything else steps back
 * @param alone keys of what this side found and the other did not
 */
export function sceneOf(
  found: readonly Compared[],
  highlighted: ReadonlySet<string>,
  alone: ReadonlySet<string>,
): Scene {
  const rows = rowsOf(found, highlighted);
  const boxes = found.map(({ key, query, box, name, score, alpha }): SceneBox => {
    const emphasis = emphasisOf(key, highlighted, alone);
    return { query, box, colour: classColour(name), text: tagText(name, score), alpha, emphasis, row: rows.get(key)! };
  });
  return { boxes: boxes.reverse(), trails: [] };
}
