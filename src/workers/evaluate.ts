/** COCO evaluation of every decoder layer of the current model over a set of files. */
import { evaluateDetections } from '../data/coco-eval/evaluate';
import { readCoco, type CocoDataset, type CocoDetection } from '../data/coco';
import { toPixelXywh, toPixelXyxy, unitBoxAt } from '../lib/boxes';
import { DetectorError, toAppError, type AppError } from '../lib/errors';
import type { EvaluationResult, ImageDetections, LayerId, StageTimes } from '../lib/types';
import type { Engine } from './engine';
import type { OnProgress } from './protocol';

/** COCO counts this many detections of an image. */
const COUNTED = 100;

/** Category id of the dataset for each class index of the model, by name; undefined for classes that the dataset lacks. */
function categoriesOf(dataset: CocoDataset, classes: readonly string[]): (number | undefined)[] {
  const byName = new Map(dataset.categories.map(({ id, name }) => [name, id]));
  const ids = classes.map((name) => byName.get(name));
  if (ids.every((id) => id === undefined)) {
    throw new DetectorError(
      'annotations',
      'categories',
      `expected at least one of the model's classes (${classes.slice(0, 3).join(', ')}, …), got ${dataset.categories.map(({ name }) => name).slice(0, 3).join(', ')}, …`,
    );
  }
  return ids;
}

function collect(found: ImageDetections, imageId: number, categories: readonly (number | undefined)[], into: Map<LayerId, CocoDetection[]>): void {
  for (const { layer, boxes, query, label, score } of found.layers) {
    const list = into.get(layer) ?? [];
    into.set(layer, list);
    for (let k = 0; k < Math.min(COUNTED, score.length); k++) {
      const category = categories[label[k]!];
      if (category === undefined) continue;
      const box = toPixelXyxy(unitBoxAt(boxes, query[k]!), found.width, found.height);
      list.push({ image_id: imageId, category_id: category, bbox: [...toPixelXywh(box)], score: score[k]! });
    }
  }
}

const STAGES = ['decode', 'resize', 'model', 'post'] as const;

function meanTimes(times: readonly StageTimes[]): StageTimes {
  const mean = (stage: keyof StageTimes): number => times.reduce((sum, ms) => sum + ms[stage], 0) / Math.max(times.length, 1);
  return Object.fromEntries(STAGES.map((stage) => [stage, mean(stage)])) as unknown as StageTimes;
}

/**
 * @param annotations COCO JSON text
 * @param files found by the last part of file_name
 * @throws DetectorError when the annotations cannot be read or share no class with the model; a bad image is a failure in the result
 */
export async function evaluate(
  engine: Engine,
  annotations: string,
  files: readonly File[],
  { limit }: { limit?: number },
  signal: AbortSignal,
  onProgress: OnProgress,
): Promise<EvaluationResult> {
  const dataset = readCoco(annotations, 'annotations');
  const categories = categoriesOf(dataset, engine.model.classes);
  const images = dataset.images.slice(0, limit ?? dataset.images.length);
  const byName = new Map(files.map((file) => [file.name, file]));
  const detections = new Map<LayerId, CocoDetection[]>();
  const times: StageTimes[] = [];
  const failures: AppError[] = [];
  const measured: number[] = [];
  await engine.warmUp();
  for (const [index, image] of images.entries()) {
    signal.throwIfAborted();
    const name = image.file_name.split('/').at(-1)!;
    try {
      const file = byName.get(name);
      if (!file) throw new DetectorError('image', name, 'the annotations name it, but it is not among the images');
      const found = await engine.detect(file, name, signal);
      collect(found, image.id, categories, detections);
      times.push(found.ms);
      measured.push(image.id);
    } catch (thrown) {
      const error = toAppError(thrown, name);
      if (error.code !== 'image') throw thrown;
      failures.push(error);
    }
    onProgress({ stage: 'evaluate', done: index + 1, total: images.length, unit: 'images', subject: name });
  }
  const layers = [...detections].map(([layer, found]) => ({ layer, ...evaluateDetections(dataset, found, { imageIds: measured }) }));
  return { model: engine.model.id, adapter: engine.device.info!.adapter, images: measured.length, ms: meanTimes(times), layers, failures };
}
