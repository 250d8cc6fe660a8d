/**
 * The augmented views that a run learns from: drawn when they are first needed, encoded once where the encoder is frozen.
 *
 * B images, N memory tokens, D width, C class columns.
 */
import * as tf from '@tensorflow/tfjs-core';
import { drawView, viewPicture } from '../data/augment/draw';
import { viewLabels } from '../data/augment/labels';
import { planView } from '../data/augment/plan';
import type { ViewPlan, ViewSource } from '../data/augment/types';
import { decodeImage } from '../data/images/decode';
import { resizeToTensor } from '../kernels/resize/op';
import { DetectorError } from '../lib/errors';
import type { TrainSettings } from '../lib/train-settings';
import type { ImageLabels, TrainingImage } from '../lib/training';
import type { Detector, Memory } from '../models/detector';
import type { Batch, BatchItem, Taught } from './batch';
import { Kept } from './kept';
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
  /** [N,D] packed; empty where the encoder learns. */
  memory: Float32Array;
  taught?: Taught;
}

export class Views {
  private readonly bitmaps = new Kept<Promise<ImageBitmap>>(
    KEPT_BITMAPS,
    (bitmap) => void bitmap.then((b) => b.close()),
  );
  private readonly encoded = new Kept<Encoded>(KEPT_BYTES);
  private readonly sources: ViewSource[] = [];
  private readonly byId = new Map<string, TrainingImage>();
  private shapes: Memory['shapes'] | undefined;

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
    const encoded: Encoded[] = [];
    for (const [at, slot] of slots.entries()) encoded.push(await this.encode(slot, plans[at]!));
    const taught = this.teach ? { taught: encoded.map((one) => one.taught!) } : {};
    if (this.settings.encoder === 'trained') return { items, images: await this.tensor(plans), ...taught };
    return { items, memory: this.memoryOf(encoded), ...taught };
  }

  /** A small picture of a view. */
  async picture(slot: Slot): Promise<Blob> {
    return viewPicture(await this.draw(this.plan(slot)));
  }

  dispose(): void {
    this.bitmaps.clear();
    this.encoded.clear();
  }

  private plan({ image, view }: Slot): ViewPlan {
    return planView(this.settings.seed, this.sources[image]!, this.settings, view, this.sources);
  }

  private item({ image }: Slot, plan: ViewPlan): BatchItem {
    const { id, name, labels } = this.images[image]!;
    const labelsOf = (other: string): ImageLabels | null => this.byId.get(other)!.labels;
    return { id, name, labels: labels && viewLabels(plan, labelsOf, this.detector.preprocessing.size) };
  }

  private async draw(plan: ViewPlan): Promise<ImageData> {
    const bitmaps = new Map<string, ImageBitmap>();
    for (const { image } of plan.pieces) bitmaps.set(image, await this.bitmap(image));
    const [height, width] = this.detector.preprocessing.size;
    return drawView(plan, (image) => bitmaps.get(image)!, [height * FINER, width * FINER]);
  }

  /**
   * What the model sees of a view: resized as for detection. The plain view is the photo itself.
   * @param drawn the view's pixels, where somebody needed them already
   */
  private async input(plan: ViewPlan, drawn?: ImageData): Promise<tf.Tensor4D> {
    const { size, ...scale } = this.detector.preprocessing;
    const seen = plan.view === 0 ? await this.bitmap(plan.pieces[0]!.image) : (drawn ?? (await this.draw(plan)));
    return resizeToTensor(seen, size, scale);
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
    const known = this.encoded.peek(key);
    if (known) return known;
    const drawn = this.teach && (await this.draw(plan));
    const memory =
      this.settings.encoder === 'trained' ? new Float32Array(0) : await this.memory(await this.input(plan, drawn));
    const taught = this.teach && drawn && (await this.teach(drawn));
    const made: Encoded = taught ? { memory, taught } : { memory };
    return this.encoded.get(key, bytesOf(made), () => made);
  }

  /** Frees `input`. */
  private async memory(input: tf.Tensor4D): Promise<Float32Array> {
    const tokens = tf.tidy(() => {
      const memory = this.detector.encode(input);
      this.shapes = memory.shapes;
      return memory.tokens;
    });
    const values = (await tokens.data()) as Float32Array;
    tf.dispose([input, tokens]);
    return values;
  }

  private memoryOf(encoded: readonly Encoded[]): Memory {
    const shapes = this.shapes!;
    const tokens = shapes.reduce((sum, [h, w]) => sum + h * w, 0);
    const each = encoded[0]!.memory.length;
    const values = new Float32Array(each * encoded.length);
    encoded.forEach(({ memory }, at) => values.set(memory, at * each));
    return { tokens: tf.tensor3d(values, [encoded.length, tokens, each / tokens]), shapes };
  }

  private async tensor(plans: readonly ViewPlan[]): Promise<tf.Tensor4D> {
    const views: tf.Tensor4D[] = [];
    for (const plan of plans) views.push(await this.input(plan));
    const joined = tf.concat(views) as tf.Tensor4D;
    tf.dispose(views);
    return joined;
  }
}

function bytesOf({ memory, taught }: Encoded): number {
  const extra = taught ? taught.boxes.byteLength + taught.scores.byteLength + (taught.dense?.byteLength ?? 0) : 0;
  return memory.byteLength + extra;
}
