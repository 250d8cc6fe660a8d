/**
 * Which part of which images a view shows, where, mirrored or not, and in what colours. Pure planning: draw.ts makes the pixels,
 * labels.ts the boxes.
 */
import { between, seededRandom, shuffled, type Random } from '../../lib/random';
import { drawColour } from './colour';
import { cropOf } from './crop';
import { WHOLE, type Piece, type Rect, type ViewPlan, type ViewSettings, type ViewSource } from './types';

/**
 * Longest side of the ground over the image's. RandomZoomOut of torchvision goes to 4; there objects of an input of 320
 * pixels fall below what the feature maps can hold.
 */
const WIDEST = 2;
/** Where a mosaic's four images meet. */
const MEET: readonly [number, number] = [0.3, 0.7];

/** The image small, somewhere on the ground. */
function zoomedOut(random: Random): Rect {
  const side = 1 / between(random, 1, WIDEST);
  return { x: between(random, 0, 1 - side), y: between(random, 0, 1 - side), w: side, h: side };
}

/** Four quarters that meet near the middle, row by row. */
function quarters(random: Random): Rect[] {
  const [x, y] = [between(random, ...MEET), between(random, ...MEET)];
  return [
    { x: 0, y: 0, w: x, h: y },
    { x, y: 0, w: 1 - x, h: y },
    { x: 0, y, w: x, h: 1 - y },
    { x, y, w: 1 - x, h: 1 - y },
  ];
}

/** Three images to put beside one. Labelled and unlabelled ones do not mix: the labels of such a view would be half the truth. */
function beside(image: ViewSource, others: readonly ViewSource[], random: Random): ViewSource[] | null {
  const fitting = others.filter(({ id, labels }) => id !== image.id && (labels === null) === (image.labels === null));
  return fitting.length < 3 ? null : shuffled(random, fitting).slice(0, 3);
}

/**
 * Plans a view. The same seed, image, settings, number and others give the same plan; turning one kind of change on or off
 * leaves the others as they were.
 * @param settings shares 0..1 of the views that have each change; a mosaic is neither cropped nor made smaller
 * @param view 0 is always the plain image
 * @param others what a mosaic may take; with fewer than three fitting ones there is none
 */
export function planView(
  seed: number,
  image: ViewSource,
  settings: ViewSettings,
  view: number,
  others: readonly ViewSource[] = [],
): ViewPlan {
  const plain: Piece = { image: image.id, source: WHOLE, target: WHOLE, flip: false };
  if (view === 0) return { view, pieces: [plain], colour: null };
  /** The stream of a change where this view has it, else null. */
  const stream = (change: keyof ViewSettings): Random | null => {
    const random = seededRandom(seed, image.id, view, change);
    return random() < settings[change] ? random : null;
  };
  const [mosaic, crop, zoomOut, colour] = [stream('mosaic'), stream('crop'), stream('zoomOut'), stream('colour')];
  const flips = seededRandom(seed, image.id, view, 'flip');
  const three = mosaic && beside(image, others, mosaic);
  const placed: Omit<Piece, 'flip'>[] = three
    ? quarters(mosaic).map((target, at) => ({ ...plain, image: [image, ...three][at]!.id, target }))
    : [{ ...plain, source: crop ? cropOf(image, crop) : WHOLE, target: zoomOut ? zoomedOut(zoomOut) : WHOLE }];
  const pieces = placed.map((piece) => ({ ...piece, flip: flips() < settings.flip }));
  return { view, pieces, colour: colour && drawColour(colour) };
}
