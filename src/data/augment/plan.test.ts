import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../lib/random';
import type { ImageLabels } from '../../lib/training';
import { cropOf } from './crop';
import { keptShare, LEAST_SHARE, placeBox, viewLabels } from './labels';
import { planView } from './plan';
import { WHOLE, type ViewPlan, type ViewSettings, type ViewSource } from './types';

const SIZE = [384, 384] as const;
const NONE: ViewSettings = { flip: 0, crop: 0, zoomOut: 0, colour: 0, mosaic: 0 };
const ALL: ViewSettings = { flip: 0.5, crop: 0.5, zoomOut: 0.5, colour: 0.5, mosaic: 0.3 };
const VIEWS = Array.from({ length: 300 }, (_, view) => view + 1);

const labelsOf = (...boxes: number[][]): ImageLabels => ({
  classes: boxes.map((_, index) => index),
  boxes: Float32Array.from(boxes.flat()),
});
const image = (id: string, labels: ImageLabels | null): ViewSource => ({ id, width: 640, height: 480, labels });
const CAT = image('cat', labelsOf([0.3, 0.4, 0.2, 0.3], [0.9, 0.9, 0.3, 0.1], [0.5, 0.5, 0.02, 0.02]));
const OTHERS = ['a', 'b', 'c', 'd'].map((id) => image(id, labelsOf([0.5, 0.5, 0.4, 0.4])));
const byId = (id: string): ImageLabels | null => [CAT, ...OTHERS].find((each) => each.id === id)!.labels;
const labels = (plan: ViewPlan): ReturnType<typeof viewLabels> => viewLabels(plan, byId, SIZE);

describe('planView', () => {
  it('view 0 is the plain image, with its labels', () => {
    const plan = planView(1, CAT, { ...ALL, mosaic: 1, flip: 1 }, 0, OTHERS);
    expect(plan).toEqual({
      view: 0,
      pieces: [{ image: 'cat', source: WHOLE, target: WHOLE, flip: false }],
      colour: null,
    });
    const shown = labels(plan);
    expect(shown.from.map(({ label }) => label)).toEqual([0, 1, 2]);
    // The second box reaches over the right side: 0.75 .. 1.05.
    const expected = [0.3, 0.4, 0.2, 0.3, 0.875, 0.9, 0.25, 0.1, 0.5, 0.5, 0.02, 0.02];
    shown.boxes.forEach((value, at) => expect(Math.abs(value - expected[at]!)).toBeLessThanOrEqual(1e-6));
  });

  it('follows from seed, image and number, and from nothing else', () => {
    for (const view of VIEWS.slice(0, 50))
      expect(planView(5, CAT, ALL, view, OTHERS)).toEqual(planView(5, CAT, ALL, view, OTHERS));
    const different = [planView(6, CAT, ALL, 1, OTHERS), planView(5, CAT, ALL, 2, OTHERS), planView(5, CAT, ALL, 1)];
    expect(new Set(VIEWS.map((view) => JSON.stringify(planView(5, CAT, ALL, view, OTHERS)))).size).toBeGreaterThan(250);
    expect(different[0]).not.toEqual(planView(5, CAT, ALL, 1, OTHERS));
    expect({ ...different[1], view: 1 }).not.toEqual(planView(5, CAT, ALL, 1, OTHERS));
  });

  it('turning one change on leaves the others as they were', () => {
    for (const view of VIEWS) {
      const crop = planView(5, CAT, { ...NONE, crop: 0.5 }, view).pieces[0]!;
      const both = planView(5, CAT, { ...NONE, crop: 0.5, flip: 0.5, colour: 1, zoomOut: 0.5 }, view).pieces[0]!;
      expect(both.source).toEqual(crop.source);
    }
  });

  it('keeps to the shares', () => {
    const plans = VIEWS.map((view) => planView(2, CAT, { ...NONE, flip: 0.5, colour: 0.25, zoomOut: 1 }, view));
    const share = (test: (plan: ViewPlan) => boolean): number => plans.filter(test).length / plans.length;
    expect(Math.abs(share(({ pieces }) => pieces[0]!.flip) - 0.5)).toBeLessThanOrEqual(0.1);
    expect(Math.abs(share(({ colour }) => colour !== null) - 0.25)).toBeLessThanOrEqual(0.1);
    expect(share(({ pieces }) => pieces[0]!.target.w < 1)).toBeGreaterThanOrEqual(0.99);
    expect(share(({ pieces }) => pieces[0]!.source === WHOLE)).toBe(1);
  });

  it('every view shows parts of images inside itself, and labels inside 0..1 of at least two pixels', () => {
    for (const view of VIEWS) {
      const plan = planView(3, CAT, ALL, view, OTHERS);
      for (const { source, target } of plan.pieces)
        for (const { x, y, w, h } of [source, target]) {
          expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
          expect(Math.min(w, h)).toBeGreaterThan(0);
          expect(Math.max(x + w, y + h)).toBeLessThanOrEqual(1 + 1e-9);
        }
      const { boxes, classes, from } = labels(plan);
      expect([boxes.length, from.length]).toEqual([4 * classes.length, classes.length]);
      expect(classes.length).toBeGreaterThanOrEqual(1);
      for (let t = 0; t < classes.length; t++) {
        const [cx, cy, w, h] = boxes.subarray(4 * t) as unknown as number[];
        expect(Math.min(cx! - w! / 2, cy! - h! / 2)).toBeGreaterThanOrEqual(-1e-6);
        expect(Math.max(cx! + w! / 2, cy! + h! / 2)).toBeLessThanOrEqual(1 + 1e-6);
        expect(Math.min(w!, h!) * 384).toBeGreaterThanOrEqual(2 - 1e-3);
      }
    }
  });

  it('a mosaic takes four different images, none that is labelled where this one is not', () => {
    const one = { ...NONE, mosaic: 1 };
    const plan = planView(4, CAT, one, 1, [CAT, ...OTHERS]);
    expect(plan.pieces[0]!.image).toBe('cat');
    expect(new Set(plan.pieces.map(({ image }) => image)).size).toBe(4);
    const covered = plan.pieces.reduce((sum, { target }) => sum + target.w * target.h, 0);
    expect(Math.abs(covered - 1)).toBeLessThanOrEqual(1e-9);
    expect(planView(4, CAT, one, 1, OTHERS.slice(0, 2)).pieces).toHaveLength(1);
    expect(planView(4, image('new', null), one, 1, OTHERS).pieces).toHaveLength(1);
  });
});

describe('cropOf', () => {
  it('keeps a label and its centre, and sometimes cuts', () => {
    let cut = 0;
    for (const view of VIEWS) {
      const part = cropOf(CAT, seededRandom(view));
      if (part !== WHOLE) cut++;
      const kept = [0, 1, 2].some((t) => {
        const [cx, cy, w, h] = CAT.labels!.boxes.subarray(4 * t) as unknown as [number, number, number, number];
        const inside = cx >= part.x && cx <= part.x + part.w && cy >= part.y && cy <= part.y + part.h;
        return inside && keptShare(part, [cx, cy, w, h]) >= LEAST_SHARE;
      });
      expect(kept).toBe(true);
    }
    expect(cut).toBeGreaterThan(100);
  });

  it('crops images without labels too', () => {
    const parts = VIEWS.map((view) => cropOf(image('new', null), seededRandom(view)));
    expect(parts.filter((part) => part !== WHOLE).length).toBeGreaterThan(200);
  });
});

describe('boxes of a view', () => {
  const box = [0.3, 0.4, 0.2, 0.3] as const;

  it('mirrored twice are where they were', () => {
    const once = placeBox({ source: WHOLE, target: WHOLE, flip: true }, box);
    expect(Math.abs((once[0] + once[2]) / 2 - 0.7)).toBeLessThanOrEqual(1e-12);
    const [x0, y0, x1, y1] = once;
    const again = [(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0] as const;
    const twice = placeBox({ source: WHOLE, target: WHOLE, flip: true }, again);
    [0.2, 0.25, 0.4, 0.55].forEach((edge, at) => expect(Math.abs(twice[at]! - edge)).toBeLessThanOrEqual(1e-12));
  });

  it('are cut at the part, grow with it and shrink with the target', () => {
    const half = { x: 0.25, y: 0, w: 0.5, h: 1 };
    const edges = placeBox({ source: half, target: { x: 0.5, y: 0.5, w: 0.5, h: 0.5 }, flip: false }, box);
    const expected = [0.5, 0.625, 0.65, 0.775];
    edges.forEach((edge, at) => expect(Math.abs(edge - expected[at]!)).toBeLessThanOrEqual(1e-12));
  });

  it('go with less than a quarter of their area or two pixels', () => {
    const shownIn = (x: number): number[] => {
      const piece = { image: 'cat', source: { x, y: 0, w: 1 - x, h: 1 }, target: WHOLE, flip: false };
      return labels({ view: 1, pieces: [piece], colour: null }).from.map(({ label }) => label);
    };
    expect(shownIn(0.34)).toEqual([0, 1, 2]);
    expect(shownIn(0.36)).toEqual([1, 2]);
    const small = { ...WHOLE, w: 0.25, h: 0.25 };
    const far = { view: 1, pieces: [{ image: 'cat', source: WHOLE, target: small, flip: false }], colour: null };
    // The third is 0.02 * 0.25 * 384 = 1.92 pixels wide.
    expect(labels(far).from.map(({ label }) => label)).toEqual([0, 1]);
  });
});
