/** COCO evaluation of every decoder layer of the current model over a set of files. */
import { evaluateDetections } from '../data/coco-eval/evaluate';
import { categoriesOfClasses, readCoco, toCocoDetections, type CocoDetection } from '../data/coco';
import { DetectorError, toAppError, type AppError } from '../lib/errors';
import type { EvaluationResult, ImageDetections, LayerId, StageTimes } from '../lib/types';
import type { Engine } from './engine';
import type { OnProgress } from './protocol';

function collect(
  found: ImageDetections,
  imageId: number,
  categories: readonly (number | undefined)[],
  into: Map<LayerId, CocoDetection[]>,
): void {
  for (const [index, { layer }] of found.layers.entries()) {
    const list = into.get(layer) ?? [];
    into.set(layer, list);
    list.push(...toCocoDetections(found, index, imageId, categories));
  }
}

const STAGES = ['decode', 'resize', 'model', 'post'] as const;

function meanTimes(times: readonly StageTimes[]): StageTimes {
  const mean = (stage: keyof StageTimes): number =>
    times.reduce((sum, ms) => sum + ms[stage], 0) / Math.max(times.length, 1);
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
  const categories = categoriesOfClasses(dataset, engine.model.classes, 'annotations');
  const images = dataset.images.slice(0, limit ?? dataset.images.length);
  const byName = new Map(files.map((file) => [file.name, file]));
  const detections = new Map<LayerId, CocoDetection[]>();
  const times: StageTimes[] = [];
  const failures: AppError[] = [];
  const measured: number[] = [];
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
  const layers = [...detections].map(([layer, found]) => ({ layer, ...evaluateDetections(dataset, found, measured) }));
  return {
    model: engine.model.id,
    adapter: engine.device.info!.adapter,
    images: measured.length,
    ms: meanTimes(times),
    layers,
    failures,
  };
}
