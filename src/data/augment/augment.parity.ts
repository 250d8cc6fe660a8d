/** Views drawn by a real canvas: the labels have to be where the pixels are. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageLabels } from '../../lib/training';
import { recolour } from './colour';
import { drawView, GROUND, viewPicture } from './draw';
import { viewLabels } from './labels';
import { planView } from './plan';
import type { ViewPlan, ViewSettings, ViewSource } from './types';

const PURE = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
] as const;

/** Pixels of the image: x0, y0, x1, y1 of a red, a green and a blue rectangle that do not touch. */
const RECTANGLES: Record<string, number[][]> = {
  one: [
    [40, 50, 200, 180],
    [300, 60, 560, 150],
    [220, 260, 330, 440],
  ],
  two: [
    [10, 20, 300, 200],
    [400, 300, 630, 470],
    [350, 30, 420, 250],
  ],
  three: [[100, 100, 500, 400]],
  four: [[200, 40, 260, 300]],
};
const [WIDTH, HEIGHT] = [640, 480];
const SIZE = [320, 384] as const;
const OFF: ViewSettings = { flip: 0, crop: 0, zoomOut: 0, colour: 0, mosaic: 0 };

function paint(rectangles: readonly number[][]): ImageBitmap {
  const context = new OffscreenCanvas(WIDTH, HEIGHT).getContext('2d')!;
  context.fillStyle = 'black';
  context.fillRect(0, 0, WIDTH, HEIGHT);
  rectangles.forEach(([x0, y0, x1, y1], at) => {
    context.fillStyle = `rgb(${PURE[at]!.join(' ')})`;
    context.fillRect(x0!, y0!, x1! - x0!, y1! - y0!);
  });
  return context.canvas.transferToImageBitmap();
}

const labelsOf = (rectangles: readonly number[][]): ImageLabels => ({
  classes: rectangles.map((_, at) => at),
  boxes: Float32Array.from(
    rectangles.flatMap(([x0, y0, x1, y1]) => [
      (x0! + x1!) / 2 / WIDTH,
      (y0! + y1!) / 2 / HEIGHT,
      (x1! - x0!) / WIDTH,
      (y1! - y0!) / HEIGHT,
    ]),
  ),
});

const sources: ViewSource[] = Object.entries(RECTANGLES).map(([id, rectangles]) => ({
  ...{ id, width: WIDTH, height: HEIGHT },
  labels: labelsOf(rectangles),
}));
const bitmaps = new Map<string, ImageBitmap>();
beforeAll(() => Object.entries(RECTANGLES).forEach(([id, rectangles]) => bitmaps.set(id, paint(rectangles))));
afterAll(() => bitmaps.forEach((bitmap) => bitmap.close()));

const draw = (plan: ViewPlan): ImageData => drawView(plan, (id) => bitmaps.get(id)!, SIZE);

/** Edges of the pixels of one colour inside a part of the view; the edge pixels count by how much of the colour they have. */
function edgesOf({ data, width }: ImageData, colour: number, part: readonly number[]): number[] | null {
  const [x0, y0, x1, y1] = part.map(Math.round) as [number, number, number, number];
  const found = [Infinity, Infinity, -Infinity, -Infinity];
  for (let y = y0; y < y1; y++)
    for (let x = x0; x < x1; x++) {
      const at = (y * width + x) * 4;
      const [own, rest] = [data[at + colour]!, data[at + ((colour + 1) % 3)]! + data[at + ((colour + 2) % 3)]!];
      if (own - rest < 128) continue;
      found.splice(
        0,
        4,
        Math.min(found[0]!, x),
        Math.min(found[1]!, y),
        Math.max(found[2]!, x + 1),
        Math.max(found[3]!, y + 1),
      );
    }
  return found[0] === Infinity ? null : found;
}

/** Compares every label of a view with the pixels of its colour inside the piece it came from. */
function compare(plan: ViewPlan): number {
  const [height, width] = SIZE;
  const view = draw(plan);
  const { boxes, classes, from } = viewLabels(plan, (id) => labelsOf(RECTANGLES[id]!), SIZE);
  classes.forEach((colour, t) => {
    const { target } = plan.pieces.find(({ image }) => image === from[t]!.image)!;
    const part = [target.x * width, target.y * height, (target.x + target.w) * width, (target.y + target.h) * height];
    const [cx, cy, w, h] = boxes.subarray(4 * t) as unknown as [number, number, number, number];
    const expected = [(cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height];
    const seen = edgesOf(view, colour, part) ?? [NaN, NaN, NaN, NaN];
    const apart = Math.max(...seen.map((edge, at) => Math.abs(edge - expected[at]!)));
    expect(apart, JSON.stringify({ plan, expected, seen })).toBeLessThanOrEqual(1.5);
  });
  return classes.length;
}

describe('labels are where the pixels are', () => {
  it.each<[string, Partial<ViewSettings>]>([
    ['plain', {}],
    ['flip', { flip: 1 }],
    ['crop', { crop: 1, flip: 0.5 }],
    ['zoom-out', { zoomOut: 1, flip: 0.5 }],
    ['crop and zoom-out', { crop: 1, zoomOut: 1, flip: 0.5 }],
    ['mosaic', { mosaic: 1, flip: 0.5 }],
  ])('%s', (name, settings) => {
    let compared = 0;
    const views = Array.from({ length: name === 'plain' ? 1 : 12 }, (_, view) => (name === 'plain' ? 0 : view + 1));
    for (const view of views) compared += compare(planView(9, sources[0]!, { ...OFF, ...settings }, view, sources));
    expect(compared).toBeGreaterThanOrEqual(views.length);
  });

  it('also from a bitmap that was scaled down', async () => {
    const small = await createImageBitmap(bitmaps.get('one')!, { resizeWidth: 400, resizeHeight: 300 });
    const plan = planView(9, sources[0]!, { ...OFF, crop: 1 }, 3);
    const [view, whole] = [drawView(plan, () => small, SIZE), draw(plan)];
    small.close();
    const part = [0, 0, SIZE[1], SIZE[0]];
    for (const { label } of viewLabels(plan, () => labelsOf(RECTANGLES.one!), SIZE).from) {
      const [a, b] = [edgesOf(view, label, part)!, edgesOf(whole, label, part)!];
      a.forEach((edge, at) => expect(Math.abs(edge - b[at]!)).toBeLessThanOrEqual(1.5));
    }
  });
});

describe('pixels', () => {
  it('what no image covers is the ground, opaque', () => {
    const plan = planView(9, sources[0]!, { ...OFF, zoomOut: 1 }, 1);
    const { target } = plan.pieces[0]!;
    const view = draw(plan);
    let [ground, opaque] = [0, 0];
    for (let at = 0; at < view.data.length; at += 4) {
      if (view.data[at + 3] === 255) opaque++;
      if (GROUND.every((level, c) => view.data[at + c] === level)) ground++;
    }
    expect(opaque).toBe(SIZE[0] * SIZE[1]);
    const share = ground / (SIZE[0] * SIZE[1]);
    expect(Math.abs(share - (1 - target.w * target.h))).toBeLessThanOrEqual(0.02);
  });

  it('mirrored twice is the plain view', () => {
    const plain = draw(planView(9, sources[1]!, OFF, 0));
    const flipped = draw(planView(9, sources[1]!, { ...OFF, flip: 1 }, 1));
    const width = plain.width;
    let worst = 0;
    for (let at = 0; at < plain.data.length; at += 4) {
      const [x, y] = [(at / 4) % width, Math.floor(at / 4 / width)];
      for (let c = 0; c < 3; c++)
        worst = Math.max(worst, Math.abs(plain.data[at + c]! - flipped.data[(y * width + width - 1 - x) * 4 + c]!));
    }
    // Rectangles' edges fall between pixels, and the browser's filter is not quite even-handed.
    expect(worst).toBeLessThanOrEqual(8);
  });

  it('colours as the browser’s filters do, where nothing is clipped', () => {
    const colours = [60, 110, 160].flatMap((r) => [70, 120, 170].flatMap((g) => [80, 130].map((b) => [r, g, b])));
    const change = { brightness: 0.9, contrast: 0.7, saturation: 1.2, hue: 15 };
    const [plain, filtered] = [new OffscreenCanvas(colours.length, 1), new OffscreenCanvas(colours.length, 1)];
    const context = plain.getContext('2d')!;
    colours.forEach((colour, x) => {
      context.fillStyle = `rgb(${colour.join(' ')})`;
      context.fillRect(x, 0, 1, 1);
    });
    const other = filtered.getContext('2d')!;
    const { brightness, contrast, saturation, hue } = change;
    other.filter = `brightness(${brightness}) contrast(${contrast}) saturate(${saturation}) hue-rotate(${hue}deg)`;
    other.drawImage(plain, 0, 0);
    const ours = context.getImageData(0, 0, colours.length, 1).data;
    recolour(ours, change);
    const theirs = other.getImageData(0, 0, colours.length, 1).data;
    // The browser rounds to whole levels after each of the four.
    ours.forEach((level, at) => expect(Math.abs(level - theirs[at]!)).toBeLessThanOrEqual(3));
    expect([...ours]).not.toEqual([...context.getImageData(0, 0, colours.length, 1).data]);
  });

  it('a picture is a JPEG of at most the side', async () => {
    const picture = await viewPicture(draw(planView(9, sources[0]!, OFF, 0)));
    expect(picture.type).toBe('image/jpeg');
    const bitmap = await createImageBitmap(picture);
    expect([bitmap.width, bitmap.height]).toEqual([224, 187]);
    bitmap.close();
    expect(picture.size).toBeLessThanOrEqual(20_000);
  });
});
