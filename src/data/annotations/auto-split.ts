/**
 * An automatic split in two that keeps the share of every class: iterative stratification (Sechidis, Tsoumakas and
 * Vlahavas, "On the Stratification of Multi-Label Data", 2011, algorithm 1), over images that hold a class.
 *
 * Deviation: the order of the images, which the paper draws, comes from a hash of seed and file name. So it does not
 * depend on the order of the set.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { DetectorError } from '../../lib/errors';
import type { LabelledImage, LabelSet } from './types';

/** The names of the two parts, as splits.json calls them. */
export type Part = 'train' | 'val';
const PARTS: readonly Part[] = ['train', 'val'];

export interface SplitOptions {
  /** Share of the images to hold out, over 0 and below 1; 0.2 where it is left out. */
  readonly heldOut?: number;
  readonly seed: number;
  /** `file`s whose part somebody chose. */
  readonly byHand?: ReadonlyMap<string, Part>;
}

interface Item {
  readonly file: string;
  readonly classes: readonly number[];
}

/** How many images, and of every class how many, a part still wants. */
class Wanted {
  private images: number;
  private readonly classes: number[];

  constructor(share: number, items: readonly Item[], classes: number) {
    this.images = share * items.length;
    this.classes = Array.from({ length: classes }, () => 0);
    for (const item of items) for (const index of item.classes) this.classes[index]! += share;
  }

  /** Of a class, then of images: what decides who gets an image. */
  need(classIndex: number | null): [number, number] {
    return [classIndex === null ? 0 : this.classes[classIndex]!, this.images];
  }

  take(item: Item): void {
    this.images -= 1;
    for (const index of item.classes) this.classes[index]! -= 1;
  }
}

function shuffled(images: readonly LabelledImage[], seed: number): Item[] {
  const key = (file: string): string => bytesToHex(sha256(utf8ToBytes(`${seed}\n${file}`)));
  return images
    .map(({ file, objects }) => ({
      key: key(file),
      file,
      classes: [...new Set(objects.map(({ classIndex }) => classIndex))],
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The class with the fewest images left, null where no image holds one. */
function rarest(items: readonly Item[], classes: number): number | null {
  const counts = Array.from({ length: classes }, () => 0);
  for (const item of items) for (const index of item.classes) counts[index]! += 1;
  const least = counts.reduce((min, count) => (count > 0 && count < min ? count : min), Infinity);
  return least === Infinity ? null : counts.indexOf(least);
}

/** An image for training is worth more than one for measuring: a draw goes to train. */
function neediest(wanted: Readonly<Record<Part, Wanted>>, classIndex: number | null): Part {
  const [train, val] = [wanted.train.need(classIndex), wanted.val.need(classIndex)];
  const difference = val[0] - train[0] || val[1] - train[1];
  return difference > 1e-9 ? 'val' : 'train';
}

/**
 * Splits a set in train and val, the same for the same images, seed and choices. Two images or more give no empty part,
 * unless everything was chosen by hand.
 * @returns every image in one of the two, in the order of the set
 * @throws DetectorError `annotations` for a share outside 0..1
 */
export function automaticSplit(set: LabelSet, { heldOut = 0.2, seed, byHand }: SplitOptions): Record<Part, string[]> {
  if (!(heldOut > 0 && heldOut < 1)) {
    throw new DetectorError('annotations', 'split', `expected a held-out share between 0 and 1, got ${heldOut}`);
  }
  const items = shuffled(set.images, seed);
  const count = set.classes.length;
  const wanted = { train: new Wanted(1 - heldOut, items, count), val: new Wanted(heldOut, items, count) };
  const parts = new Map<string, Part>();
  const give = (item: Item, part: Part): void => {
    parts.set(item.file, part);
    wanted[part].take(item);
  };
  for (const item of items) {
    const part = byHand?.get(item.file);
    if (part) give(item, part);
  }
  let left = items.filter(({ file }) => !parts.has(file));
  const free = left;
  while (left.length > 0) {
    const classIndex = rarest(left, count);
    const now = classIndex === null ? left : left.filter(({ classes }) => classes.includes(classIndex));
    for (const item of now) give(item, neediest(wanted, classIndex));
    left = left.filter(({ file }) => !parts.has(file));
  }
  fillEmptyPart(parts, free);
  const filesOf = (part: Part): string[] =>
    set.images.map(({ file }) => file).filter((file) => parts.get(file) === part);
  return { train: filesOf('train'), val: filesOf('val') };
}

/** Rounding can leave a part of a small set empty: it gets the first image that nobody chose. */
function fillEmptyPart(parts: Map<string, Part>, free: readonly Item[]): void {
  const used = new Set(parts.values());
  const empty = PARTS.find((part) => !used.has(part));
  if (empty && parts.size > 1 && free[0]) parts.set(free[0].file, empty);
}
