/** Cuts an image into pieces that fit a texture: rows as needed, and columns where even one row is too wide. */
import { DetectorError } from '../../lib/errors';
import { inputSpan, type ResampleTable } from './coefficients';

export interface Tile {
  /** The piece of the source image, in pixels. */
  x: number;
  y: number;
  width: number;
  height: number;
  /** Output columns [from, to) that the piece is enough for. */
  from: number;
  to: number;
}

/** Groups output columns so that what each group reads is at most `most` source columns. */
function columnGroups(
  columns: ResampleTable,
  most: number,
): { from: number; to: number; start: number; end: number }[] {
  const groups: { from: number; to: number; start: number; end: number }[] = [];
  for (let from = 0; from < columns.outSize;) {
    let to = from + 1;
    while (to < columns.outSize) {
      const { start, end } = inputSpan(columns, from, to + 1);
      if (end - start > most) break;
      to++;
    }
    const { start, end } = inputSpan(columns, from, to);
    if (end - start > most) {
      throw new DetectorError(
        'image',
        'resize',
        `an output column needs ${end - start} source columns, but this device’s textures are at most ${most} wide`,
        'Scale the image down first.',
      );
    }
    groups.push({ from, to, start, end });
    from = to;
  }
  return groups;
}

/**
 * @param columns table of the horizontal pass
 * @param height rows of the source
 * @param limits greatest side and area of a piece, in pixels
 * @returns pieces that together cover every output column of every row once
 * @throws DetectorError `image` when one output column needs more source columns than a piece may have
 */
export function planTiles(columns: ResampleTable, height: number, limits: { side: number; area: number }): Tile[] {
  return columnGroups(columns, limits.side).flatMap(({ from, to, start, end }) => {
    const width = end - start;
    const rows = Math.max(1, Math.min(limits.side, Math.floor(limits.area / width)));
    const bands = Math.ceil(height / rows);
    return Array.from({ length: bands }, (_, band) => {
      const y = band * rows;
      return { x: start, y, width, height: Math.min(rows, height - y), from, to };
    });
  });
}
