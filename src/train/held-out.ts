/**
 * Accuracy on the held-out images: COCO AP of every layer, with the weights of now. With a frozen encoder an image is encoded
 * once for the whole run.
 *
 * B images, H x W pixels.
 */
import * as tf from '@tensorflow/tfjs-core';
import { evaluateDetections } from '../data/coco-eval/evaluate';
import { toCocoDetections, type CocoAnnotation, type CocoDataset, type CocoDetection } from '../data/coco';
import { decodeImage } from '../data/images/decode';
import { toPixelXywh, type PixelXyxy } from '../lib/boxes';
import type { ClusterSettings } from '../lib/clusters';
import type { EvaluationRecord, HeldOutDetections, TrainingImage } from '../lib/training';
import type { ImageDetections, LayerId } from '../lib/types';
import type { Detector, Memory, Trace } from '../models/detector';
import { disposeMemory, encodeImage } from '../models/encode-image';
import { inputOf } from '../models/input';
import { packAnswers, unpackAnswers } from '../models/postprocess';
import { Kept } from './kept';
import { joinMemories, keepMemory, type KeptMemory } from './memories';

const MOST_SIDE = 8192;
const KEPT_BYTES = 512 * 2 ** 20;

/** Runs GPU work when it is its turn. */
export type TakeTurn = <T>(work: () => Promise<T>) => Promise<T>;

interface Seen {
  memory: KeptMemory;
  width: number;
  height: number;
}

export class HeldOut {
  private readonly seen = new Kept<Seen>(KEPT_BYTES);

  /**
   * @param images with labels
   * @param classes names in the order of the model's columns
   * @param encoder whether it stays as it is, and how it clusters
   */
  constructor(
    private readonly images: readonly TrainingImage[],
    private readonly classes: readonly string[],
    private readonly encoder: { frozen: boolean; clusters: ClusterSettings | null },
  ) {}

  get count(): number {
    return this.images.length;
  }

  /** @throws DetectorError `image` for one that cannot be decoded */
  async measure(
    detector: Detector,
    step: number,
    turn: TakeTurn,
    onImage: (done: number) => void,
  ): Promise<{ record: EvaluationRecord; detections: HeldOutDetections }> {
    const started = performance.now();
    const images: Record<string, ImageDetections> = {};
    for (const [index, image] of this.images.entries()) {
      images[image.id] = await turn(() => this.detect(detector, image));
      onImage(index + 1);
    }
    const layers = this.evaluate(images);
    return { record: { step, layers, ms: performance.now() - started }, detections: { step, images } };
  }

  private async detect(detector: Detector, image: TrainingImage): Promise<ImageDetections> {
    const known = this.seen.peek(image.id);
    if (known && this.encoder.frozen) return this.answer(detector, known, joinMemories([known.memory]));
    const { bitmap, width, height } = await decodeImage(image.file, image.name, { maxSide: MOST_SIDE });
    const input = inputOf(detector.preprocessing, bitmap);
    bitmap.close();
    const { memory } = await encodeImage(detector, input, this.encoder.clusters);
    input.dispose();
    if (this.encoder.frozen) {
      const kept = await keepMemory(memory);
      this.seen.get(image.id, kept.tokens.byteLength, () => ({ memory: kept, width, height }));
    }
    return this.answer(detector, { width, height }, memory);
  }

  /** Decodes the memory, and frees it. */
  private async answer(
    detector: Detector,
    { width, height }: Pick<Seen, 'width' | 'height'>,
    memory: Memory,
  ): Promise<ImageDetections> {
    const started = performance.now();
    let trace: Trace['layers'] = [];
    const packed = tf.tidy(() => {
      const whole = detector.decode(memory);
      trace = whole.layers;
      return packAnswers(whole, detector.scoring);
    });
    const values = (await packed.data()) as Float32Array;
    packed.dispose();
    disposeMemory(memory);
    const layers = unpackAnswers(values, trace, {
      classes: this.classes.length,
      queries: detector.queries,
      scoring: detector.scoring,
    });
    const ms = { decode: 0, resize: 0, model: performance.now() - started, post: 0 };
    return { model: 'run', width, height, layers, ms, retries: 0 };
  }

  private evaluate(detections: Readonly<Record<string, ImageDetections>>): EvaluationRecord['layers'] {
    const dataset = datasetOf(this.images, this.classes, detections);
    const categories = this.classes.map((_, index) => index + 1);
    const byLayer = new Map<LayerId, CocoDetection[]>();
    this.images.forEach(({ id }, index) =>
      detections[id]!.layers.forEach(({ layer }, at) => {
        const found = toCocoDetections(detections[id]!, at, index + 1, categories);
        byLayer.set(layer, [...(byLayer.get(layer) ?? []), ...found]);
      }),
    );
    const ids = dataset.images.map(({ id }) => id);
    return [...byLayer].map(([layer, found]) => ({ layer, ...evaluateDetections(dataset, found, ids) }));
  }
}

function datasetOf(
  images: readonly TrainingImage[],
  classes: readonly string[],
  sizes: Readonly<Record<string, Pick<ImageDetections, 'width' | 'height'>>>,
): CocoDataset {
  const annotations: CocoAnnotation[] = [];
  images.forEach(({ id, labels }, index) => {
    const { width, height } = sizes[id]!;
    labels?.classes.forEach((label, at) => {
      const [cx, cy, w, h] = Array.from(labels.boxes.subarray(4 * at, 4 * at + 4)) as [number, number, number, number];
      const edges = [(cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height];
      annotations.push({
        id: annotations.length + 1,
        image_id: index + 1,
        category_id: label + 1,
        bbox: toPixelXywh(edges as unknown as PixelXyxy),
        area: w * width * h * height,
        iscrowd: 0,
      });
    });
  });
  return {
    images: images.map(({ id, name }, index) => ({
      id: index + 1,
      file_name: name,
      width: sizes[id]!.width,
      height: sizes[id]!.height,
    })),
    annotations,
    categories: classes.map((name, index) => ({ id: index + 1, name })),
  };
}
