/** Box types and the conversions between them. The format and the space are in the name. */

declare const space: unique symbol;
/** Corners [x0, y0, x1, y1] in pixels of the upright image, x to the right, y down. */
export type PixelXyxy = readonly [number, number, number, number] & { [space]?: 'pixel-xyxy' };
/** Centre and size [cx, cy, w, h] as fractions of the image, 0..1. */
export type UnitCxcywh = readonly [number, number, number, number] & { [space]?: 'unit-cxcywh' };
/** COCO's [x, y, w, h] in pixels, x and y of the top left corner. */
export type PixelXywh = readonly [number, number, number, number] & { [space]?: 'pixel-xywh' };

/** Box number `index` of a packed [Q,4] array. */
export function unitBoxAt(boxes: Float32Array, index: number): UnitCxcywh {
  const at = index * 4;
  return [boxes[at]!, boxes[at + 1]!, boxes[at + 2]!, boxes[at + 3]!] as UnitCxcywh;
}

/** Fractions to pixels, clipped to the image. */
export function toPixelXyxy([cx, cy, w, h]: UnitCxcywh, width: number, height: number): PixelXyxy {
  const clip = (v: number, most: number): number => Math.min(Math.max(v, 0), most);
  return [
    clip((cx - w / 2) * width, width),
    clip((cy - h / 2) * height, height),
    clip((cx + w / 2) * width, width),
    clip((cy + h / 2) * height, height),
  ] as PixelXyxy;
}

export function toPixelXywh([x0, y0, x1, y1]: PixelXyxy): PixelXywh {
  return [x0, y0, x1 - x0, y1 - y0] as PixelXywh;
}
