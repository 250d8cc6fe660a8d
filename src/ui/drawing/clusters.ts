/** Clusters of an encoder's cells as a picture over the image: a colour each, and lines where they meet. */
import type { ClusterMap } from '../../lib/clusters';
import type { Size, View } from './view';

type Cells = Pick<ClusterMap, 'shape' | 'of' | 'prototypes'>;

/** Degrees between neighbours: no multiple of it comes near another soon. */
const GOLDEN_ANGLE = 137.508;
const LIGHTNESS = [0.5, 0.68, 0.36] as const;
const SATURATION = 0.75;
/** Of a cluster's colour over the photo; of the others while one stands out. */
const [SHOWN, STANDS_OUT, FADED] = [0.5, 0.75, 0.1];
const LINE = 'rgb(255 255 255 / 0.75)';

/** Red, green, blue, 0..255. More clusters than the eye can tell apart have lines between them. */
export function clusterColour(cluster: number): [number, number, number] {
  const hue = (cluster * GOLDEN_ANGLE) % 360;
  const light = LIGHTNESS[cluster % LIGHTNESS.length]!;
  const reach = SATURATION * Math.min(light, 1 - light);
  const channel = (shift: number): number => {
    const k = (shift + hue / 30) % 12;
    return Math.round(255 * (light - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}

/** [rows,columns,4] packed, not premultiplied, as ImageData has it. @param picked the cluster that stands out, if any */
export function clusterPixels({ of }: Cells, picked: number | null): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(of.length * 4);
  of.forEach((cluster, cell) => {
    if (cluster < 0) return;
    const alpha = picked === null ? SHOWN : cluster === picked ? STANDS_OUT : FADED;
    pixels.set([...clusterColour(cluster), Math.round(255 * alpha)], 4 * cell);
  });
  return pixels;
}

/** Sides between cells of different clusters: x0, y0, x1, y1 in cells, packed. */
export function clusterBorders({ shape: [rows, columns], of }: Cells): number[] {
  const lines: number[] = [];
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const own = of[y * columns + x]!;
      if (x + 1 < columns && of[y * columns + x + 1] !== own) lines.push(x + 1, y, x + 1, y + 1);
      if (y + 1 < rows && of[(y + 1) * columns + x] !== own) lines.push(x, y + 1, x + 1, y + 1);
    }
  return lines;
}

/** The cluster at a place; x and y are fractions of the image. Null beside the image. */
export function clusterAt({ shape: [rows, columns], of }: Cells, x: number, y: number): number | null {
  if (!(x >= 0 && x < 1 && y >= 0 && y < 1)) return null;
  const cluster = of[Math.floor(y * rows) * columns + Math.floor(x * columns)]!;
  return cluster < 0 ? null : cluster;
}

/** Cells of each cluster. */
export function clusterSizes({ of, prototypes }: Cells): number[] {
  const sizes = Array<number>(prototypes).fill(0);
  for (const cluster of of) if (cluster >= 0) sizes[cluster]!++;
  return sizes;
}

/** Clusters with the most cells, the largest first. */
export function largestClusters(cells: Cells, count: number): { cluster: number; cells: number }[] {
  return clusterSizes(cells)
    .map((size, cluster) => ({ cluster, cells: size }))
    .sort((a, b) => b.cells - a.cells)
    .slice(0, count);
}

/** @param size of the image, which `view` puts on the screen */
export function drawClusters(
  pen: CanvasRenderingContext2D,
  cells: Cells,
  view: View,
  size: Size,
  picked: number | null,
): void {
  const [rows, columns] = cells.shape;
  const [wide, high] = [(size.width * view.scale) / columns, (size.height * view.scale) / rows];
  const small = new OffscreenCanvas(columns, rows);
  small.getContext('2d')!.putImageData(new ImageData(clusterPixels(cells, picked), columns, rows), 0, 0);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(small, view.x, view.y, wide * columns, high * rows);
  const lines = clusterBorders(cells);
  pen.beginPath();
  for (let at = 0; at < lines.length; at += 4) {
    const [x0, y0, x1, y1] = lines.slice(at, at + 4) as [number, number, number, number];
    pen.moveTo(view.x + x0 * wide, view.y + y0 * high);
    pen.lineTo(view.x + x1 * wide, view.y + y1 * high);
  }
  pen.strokeStyle = LINE;
  pen.lineWidth = 0.75;
  pen.stroke();
}
