/**
 * Detections of several images as text files: JSON (what `npm run detect` writes), CSV (RFC 4180), COCO JSON.
 * Pure functions. Boxes are in pixels of the upright image, clipped to it.
 */
import { toPixelXywh, toPixelXyxy, unitBoxAt, type PixelXyxy } from '../lib/boxes';
import { countAbove } from '../lib/layers';
import type { ImageDetections } from '../lib/types';

/** One image to export. */
export interface ExportItem {
  /** Name or path of the file. */
  readonly file: string;
  readonly result: ImageDetections;
  /** Class names of the model that made the result, in the order of its outputs. */
  readonly classes: readonly string[];
}

export interface ExportOptions {
  /** Least score, 0..1. */
  readonly threshold: number;
  /** Index into the result's layers, 0 = query selection; null = each result's last one. */
  readonly layer: number | null;
}

export interface ExportedDetection {
  label: string;
  score: number;
  /** [x0, y0, x1, y1] in pixels. */
  box: [number, number, number, number];
  query: number;
}

export interface ExportedImage {
  file: string;
  width: number;
  height: number;
  detections: ExportedDetection[];
}

export interface DetectFile {
  model: string;
  adapter: string;
  images: ExportedImage[];
}

/** Float32 values have about seven digits; more would only be noise. */
const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
const SCORE_DIGITS = 6;
const PIXEL_DIGITS = 3;

/** One image's detections with score >= threshold, best first; none where it does not have the layer. */
export function exportImage({ file, result, classes }: ExportItem, { threshold, layer }: ExportOptions): ExportedImage {
  const { width, height, layers } = result;
  const shown = layers[layer ?? layers.length - 1];
  const detections: ExportedDetection[] = [];
  for (let k = 0; shown && k < countAbove(shown, threshold); k++) {
    const [query, label] = [shown.query[k]!, shown.label[k]!];
    const [x0, y0, x1, y1] = toPixelXyxy(unitBoxAt(shown.boxes, query), width, height);
    detections.push({
      label: classes[label] ?? `class ${label}`,
      score: rounded(shown.score[k]!, SCORE_DIGITS),
      box: [rounded(x0, PIXEL_DIGITS), rounded(y0, PIXEL_DIGITS), rounded(x1, PIXEL_DIGITS), rounded(y1, PIXEL_DIGITS)],
      query,
    });
  }
  return { file, width, height, detections };
}

/** The object that `npm run detect -- --json` writes. */
export function exportDetections(
  model: string,
  adapter: string,
  items: readonly ExportItem[],
  options: ExportOptions,
): DetectFile {
  return { model, adapter, images: items.map((item) => exportImage(item, options)) };
}

/** The same as text, indented by one space. */
export function toJson(model: string, adapter: string, items: readonly ExportItem[], options: ExportOptions): string {
  return `${JSON.stringify(exportDetections(model, adapter, items, options), null, 1)}\n`;
}

/** RFC 4180: quoted where it holds a comma, a quote or a line break; quotes are doubled. */
const csvField = (value: string | number): string => {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** One line per detection under a line of names; lines end in CR LF. Images without detections have no line. */
export function toCsv(items: readonly ExportItem[], options: ExportOptions): string {
  const rows: (string | number)[][] = [['file', 'width', 'height', 'label', 'score', 'x0', 'y0', 'x1', 'y1', 'query']];
  for (const item of items) {
    const { file, width, height, detections } = exportImage(item, options);
    for (const { label, score, box, query } of detections)
      rows.push([file, width, height, label, score, ...box, query]);
  }
  return rows.map((row) => `${row.map(csvField).join(',')}\r\n`).join('');
}

/**
 * COCO JSON: images, annotations (with `score` besides COCO's own fields) and all classes as categories, numbered from 1
 * in the order of the models' outputs. `readCoco` and pycocotools read it.
 */
export function toCocoJson(items: readonly ExportItem[], options: ExportOptions): string {
  const categories = new Map<string, number>();
  const idOf = (label: string): number => {
    const id = categories.get(label) ?? categories.size + 1;
    categories.set(label, id);
    return id;
  };
  for (const { classes } of items) classes.forEach(idOf);
  const exported = items.map((item) => exportImage(item, options));
  const annotations = exported.flatMap(({ detections }, image) =>
    detections.map(({ label, score, box }) => {
      const bbox = toPixelXywh(box as unknown as PixelXyxy).map((side) => rounded(side, PIXEL_DIGITS));
      const area = rounded(bbox[2]! * bbox[3]!, PIXEL_DIGITS);
      return { image_id: image + 1, category_id: idOf(label), bbox, area, iscrowd: 0, score };
    }),
  );
  const file = {
    images: exported.map(({ file: file_name, width, height }, index) => ({ id: index + 1, file_name, width, height })),
    annotations: annotations.map((annotation, index) => ({ id: index + 1, ...annotation })),
    categories: [...categories].map(([name, id]) => ({ id, name })),
  };
  return `${JSON.stringify(file, null, 1)}\n`;
}
