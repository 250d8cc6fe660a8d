/**
 * The augmented views that a run learns from: drawn when they are first needed, encoded once where the encoder is frozen.
 *
 * B images, H x W pixels.
 */
import * as tf from '@tensorflow/tfjs-core';
import { drawView, viewPicture } from '../data/augment/draw';
import { viewLabels } from '../data/augment/labels';
import { planView } from '../data/augment/plan';
import type { ViewPlan, ViewSource } from '../data/augment/types';
import { decodeImage } from '../data/images/decode';
import { DetectorError } from '../lib/errors';
import { clustersOf, type TrainSettings } from '../lib/train-settings';
import type { ImageLabels, TrainingImage } from '../lib/training';
import type { Detector } from '../models/detector';
import { disposeMemory, encodeImage } from '../models/encode-image';
import { inputOf } from '../models/input';
import { inputSize } from '../models/preprocessing';
import type { Batch, BatchItem, Taught } from './batch';
import { Kept } from './kept';
import { joinMemories, keepMemory, type KeptMemory } from './memories';
import { padImages } from './pad-images';
import type { Slot } from './order';

/** A view is a few hundred pixels wide: no more of a photo is of use. */
const MOST_SIDE = 1536;
const KEPT_BITMAPS = 16;
/** Views are drawn this much larger and then resized as photos are: a canvas's own scaling leaves them sharper than those. */
const FINER = 2;
/** Bytes of encoded views and of their answers by a teacher. */
const KEPT_BYTES = 512 * 2 ** 20;

/** Who answers for a view: the teacher of a distillation. */
export type Teach = (view: ImageData) => Promise<Taught>;

interface Encoded {
  /** Null where the encoder learns. */
  memory: KeptMemory | null;
  taught?: Taught;
}

export class Views {
  private readonly bitmaps = new Kept<Promise<ImageBitmap>>(
    KEPT_BITMAPS,
    (bitmap) => void bitmap.then((b) => b.close()),
  );
  private readonly encodings = new Kept<Encoded>(KEPT_BYTES);
  private readonly sources: ViewSource[] = [];
  private readonly byId = new Map<string, TrainingImage>();

  /** @param images the training images, in the order of the slots; call `open` before anything else */
  constructor(
    private readonly detector: Detector,
    private readonly images: readonly TrainingImage[],
    private readonly settings: TrainSettings,
    private readonly teach?: Teach,
  ) {
    for (const image of images) this.byId.set(image.id, image);
  }

  /** Reads the size of every image. @throws DetectorError `image` for one that cannot be decoded */
  async open(onImage: (done: number) => void): Promise<void> {
    for (const [index, image] of this.images.entries()) {
      const { width, height } = await this.bitmap(image.id);
      this.sources.push({ id: image.id, width, height, labels: image.labels });
      onImage(index + 1);
    }
  }

  /** The views of a step as one batch; the caller disposes memory and images. */
  async batch(slots: readonly Slot[]): Promise<Batch> {
    const plans = slots.map((slot) => this.plan(slot));
    const items = slots.map((slot, at) => this.item(slot, plans[at]!));
    const seen: Encoded[] = [];
    for (const [at, slot] of slots.entries()) seen.push(await this.encode(slot, plans[at]!));
    const taught = this.teach ? { taught: seen.map((one) => one.taught!) } : {};
    if (this.settings.encoder === 'trained') return { items, ...(await this.padded(plans)), ...taught };
    return { items, memory: joinMemories(seen.map(({ memory }) => memory!)), ...taught };
  }

  /** A small picture of a view. */
  async picture(slot: Slot): Promise<Blob> {
    return viewPicture(await this.draw(this.plan(slot)));
  }

  dispose(): void {
    this.bitmaps.clear();
    this.encodings.clear();
  }

  private plan({ image, view }: Slot): ViewPlan {
    return planView(this.settings.seed, this.sources[image]!, this.settings, view, this.sources);
  }

  private item({ image }: Slot, plan: ViewPlan): BatchItem {
    const { id, name, labels } = this.images[image]!;
    const labelsOf = (other: string): ImageLabels | null => this.byId.get(other)!.labels;
    return { id, name, labels: labels && viewLabels(plan, labelsOf, this.sizeOf(plan)) };
  }

  private async draw(plan: ViewPlan): Promise<ImageData> {
    const bitmaps = new Map<string, ImageBitmap>();
    for (const { image } of plan.pieces) bitmaps.set(image, await this.bitmap(image));
    const [height, width] = this.sizeOf(plan);
    return drawView(plan, (image) => bitmaps.get(image)!, [height * FINER, width * FINER]);
  }

  /**
   * What the model sees of a view: resized as for detection. The plain view is the photo itself.
   * @param drawn the view's pixels, where somebody needed them already
   */
  private async input(plan: ViewPlan, drawn?: ImageData): Promise<tf.Tensor4D> {
    const seen = plan.view === 0 ? await this.bitmap(plan.pieces[0]!.image) : (drawn ?? (await this.draw(plan)));
    return inputOf(this.detector.preprocessing, seen);
  }

  /** [height, width] of a view in the model's input: that of the part of its first image that it shows. */
  private sizeOf({ pieces }: ViewPlan): [number, number] {
    const { image, source } = pieces[0]!;
    const { width, height } = this.sources.find(({ id }) => id === image)!;
    const shown = { width: Math.max(1, source.w * width), height: Math.max(1, source.h * height) };
    return inputSize(this.detector.preprocessing, shown);
  }

  private bitmap(id: string): Promise<ImageBitmap> {
    const image = this.byId.get(id);
    if (!image) throw new DetectorError('internal', id, 'expected one of the training images');
    return this.bitmaps.get(id, 1, () =>
      decodeImage(image.file, image.name, { maxSide: MOST_SIDE }).then(({ bitmap }) => bitmap),
    );
  }

  private async encode({ image, view }: Slot, plan: ViewPlan): Promise<Encoded> {
    const key = `${image}/${view}`;
    const known = this.encodings.peek(key);
    if (known) return known;
    const drawn = this.teach && (await this.draw(plan));
    const memory = this.settings.encoder === 'trained' ? null : await this.memory(await this.input(plan, drawn));
    const taught = this.teach && drawn && (await this.teach(drawn));
    const made: Encoded = taught ? { memory, taught } : { memory };
    return this.encodings.get(key, bytesOf(made), () => made);
  }

  /** Frees `input`. */
  private async memory(input: tf.Tensor4D): Promise<KeptMemory> {
    const { memory } = await encodeImage(this.detector, input, clustersOf(this.settings));
    const kept = await keepMemory(memory);
    input.dispose();
    disposeMemory(memory);
    return kept;
  }

  /** All views as one batch, padded at the right and the bottom to the largest. */
  private async padded(plans: readonly ViewPlan[]): Promise<Pick<Batch, 'images' | 'mask'>> {
    const views: tf.Tensor4D[] = [];
    for (const plan of plans) views.push(await this.input(plan));
    const batch = padImages(views);
    tf.dispose(views);
    return batch;
  }
}

function bytesOf({ memory, taught }: Encoded): number {
  const kept = [memory?.tokens, taught?.boxes, taught?.scores, taught?.dense, taught?.memory?.tokens];
  return kept.reduce((sum, numbers) => sum + (numbers?.byteLength ?? 0), 0);
}
