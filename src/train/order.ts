/** Which view of which image a step sees: follows from the seed and the slot alone, so that a run goes on where it stopped. */
import { seededRandom, shuffled } from '../lib/random';

export interface Slot {
  /** Into the training images. */
  image: number;
  /** 0 is the plain image. */
  view: number;
}

/**
 * The images of step `step` (1, 2, …): every image once before one comes again.
 * @param images number of images, at least 1
 * @param views number of views of each
 */
export function slotsOf(
  step: number,
  { images, batch, views, seed }: { images: number; batch: number; views: number; seed: number },
): Slot[] {
  const orders = new Map<number, number[]>();
  const all = Array.from({ length: images }, (_, image) => image);
  return Array.from({ length: batch }, (_, place) => {
    const at = (step - 1) * batch + place;
    const epoch = Math.floor(at / images);
    const order = orders.get(epoch) ?? shuffled(seededRandom(seed, 'order', epoch), all);
    orders.set(epoch, order);
    return { image: order[at % images]!, view: Math.floor(seededRandom(seed, 'view', at)() * views) };
  });
}
