/**
 * window.stepdetr: the page driven by a program instead of a person, over the same session, worker and model
 * (docs/automation.md). Every answer is a Result: nothing here throws.
 */
import { DetectorError, type AppError } from '../lib/errors';
import { attempt, err, ok, type Result } from '../lib/result';
import type { EvaluationResult, ImageDetections, LayerId, ModelInfo, Progress } from '../lib/types';
import type { CheckpointFiles, RunEvent, RunInfo, RunRequest, RunWeights, SplitName } from '../lib/training';
import type { LabelFormat } from '../state/label-files';
import { effectiveSplits, type LabelBox, type LabelState } from '../state/labels';
import type { DeviceInfo, MemoryInfo, ModelSource } from '../workers/protocol';
import type { DetectorSession } from './detector-session';
import { newId } from './ids';
import type { OpenedSession } from './session-file';

export interface EvaluateOptions {
  /** Only the first images of the annotations. */
  limit?: number;
  onProgress?: (progress: Progress) => void;
}

export interface DrawOptions {
  /** Boxes below this score are left out, 0..1. */
  threshold: number;
  /** The last one where it is left out. */
  layer?: LayerId;
}

export interface Automation {
  /** Waits for the device and for the model that this visit starts with. */
  ready(): Promise<Result<{ device: DeviceInfo; model: ModelInfo }>>;
  device(): Promise<Result<DeviceInfo>>;
  /** Makes another checkpoint the current one, in the interface too. */
  load(source: ModelSource): Promise<Result<ModelInfo>>;
  /** Detects with the current model. A file that is not an image is an error of code `image`. */
  detect(file: File): Promise<Result<ImageDetections>>;
  /**
   * Measures every decoder layer of the current model.
   * @param annotationsText COCO JSON
   * @param files its images, found by the last part of file_name
   */
  evaluate(
    annotationsText: string,
    files: readonly File[],
    options?: EvaluateOptions,
  ): Promise<Result<EvaluationResult>>;
  /**
   * Fine-tunes a copy of a model in the worker; the current model stays. Resolves when the run is over, with its state.
   * @param onRun is told every step, evaluation and saving
   */
  train(request: RunRequest, onRun?: (event: RunEvent) => void): Promise<Result<RunInfo>>;
  /** The files of the current model, or of what a run made, in the checkpoint's own layout. */
  checkpoint(
    source: { kind: 'current' } | { kind: 'run'; id: string; weights: RunWeights },
  ): Promise<Result<CheckpointFiles>>;
  /**
   * Reads label files (COCO JSON, YOLO, Pascal VOC, splits.json) for the images on the page, found by name; labels of images that
   * are not there yet wait for them. A file's folder is its webkitRelativePath.
   * @returns what could not be read
   */
  importLabels(files: readonly File[]): Promise<Result<{ problems: AppError[] }>>;
  /** Classes, boxes, reviews and splits of all images. */
  labels(): Promise<Result<LabelsReport>>;
  /** The label files as texts by path, and the names of the images by the paths where the files expect them. */
  exportLabels(
    format: LabelFormat,
  ): Promise<Result<{ files: Record<string, string>; images: Record<string, string>; problems: AppError[] }>>;
  /** Images, labels, classes with colours, splits, view and kept runs as one zip archive. */
  saveSession(): Promise<Result<Blob>>;
  /** Brings a saved session back beside what is on the page; an image that is here already is not added again. */
  openSession(file: File): Promise<Result<OpenedSession>>;
  /** Live tensors and bytes in the worker. */
  memory(): Promise<Result<MemoryInfo>>;
  /** The picture at full size with its boxes, as a PNG. */
  draw(file: File, detections: ImageDetections, options: DrawOptions): Promise<Result<Blob>>;
  /** Destroys the GPU device as a crash would; running and later jobs go on with a new one. */
  loseDevice(): Promise<Result<void>>;
}

/** Everything that is labelled, as plain data. */
export interface LabelsReport {
  classes: string[];
  images: {
    id: string;
    name: string;
    /** Boxes in pixels of the upright image, corners. */
    boxes: { class: string; box: [number, number, number, number]; origin: LabelBox['origin'] }[];
    /** A person, or a label file, said that this is all. */
    reviewed: boolean;
    /** Null: neither chosen nor labelled. */
    split: SplitName | null;
  }[];
}

declare global {
  interface Window {
    stepdetr?: Automation;
  }
}

export type StartedSession = Pick<
  DetectorSession,
  'store' | 'labels' | 'labelImport' | 'labelExport' | 'load' | 'detectFile' | 'drawAnnotated'
> & {
  sessionFile: Pick<DetectorSession['sessionFile'], 'write' | 'read'>;
  client: Pick<DetectorSession['client'], 'evaluate' | 'memory' | 'loseDevice' | 'train' | 'checkpointFiles'>;
  started: Promise<Result<ModelInfo>>;
};

function layerIndex({ layers }: ImageDetections, layer: LayerId): number {
  const index = layers.findIndex((each) => each.layer === layer);
  if (index >= 0) return index;
  const known = layers.map((each) => each.layer).join(', ');
  throw new DetectorError('unsupported', `layer ${layer}`, `there is no such decoder layer, only ${known}`);
}

function labelsReport(
  images: readonly { id: string; name: string }[],
  { classes, items, ...state }: LabelState,
): LabelsReport {
  const names = new Map(classes.map(({ id, name }) => [id, name]));
  const splits = effectiveSplits(state);
  return {
    classes: classes.map(({ name }) => name),
    images: images.map(({ id, name }) => ({
      id,
      name,
      boxes: (items[id]?.boxes ?? []).map(({ classId, box: [x0, y0, x1, y1], origin }) => ({
        class: names.get(classId)!,
        box: [x0, y0, x1, y1],
        origin,
      })),
      reviewed: items[id]?.reviewed ?? false,
      split: splits[id] ?? null,
    })),
  };
}

export function createAutomation({ store, client, started, ...session }: StartedSession): Automation {
  const device = async (): Promise<Result<DeviceInfo>> => {
    const first = await started;
    const info = store.getState().device;
    if (info) return ok(info);
    return first.ok ? err({ code: 'device', subject: 'device', message: 'there is none yet' }) : first;
  };
  return {
    device,
    async ready() {
      const [first, opened] = [await started, await device()];
      if (!opened.ok) return opened;
      return first.ok ? ok({ device: opened.value, model: first.value }) : first;
    },
    load: (source) => session.load(source),
    detect: (file) => session.detectFile(file),
    evaluate: (annotations, files, { limit, onProgress = () => undefined } = {}) =>
      client.evaluate(annotations, [...files], limit === undefined ? {} : { limit }, newId('evaluate'), onProgress),
    train: (request, onRun = () => undefined) => client.train(request, newId('train'), onRun),
    checkpoint: (source) => client.checkpointFiles(source),
    importLabels: (files) =>
      attempt('labels', async () => {
        const texts = new Map(files.map((file) => [file.webkitRelativePath || file.name, file]));
        return { problems: await session.labelImport.read(texts) };
      }),
    labels: () => attempt('labels', () => labelsReport(store.getState().images, session.labels.getState())),
    exportLabels: (format) =>
      attempt('labels', async () => {
        const { files, images, problems } = await session.labelExport.write(format, false);
        return { files: Object.fromEntries(files), images: Object.fromEntries(images), problems: [...problems] };
      }),
    saveSession: () => attempt('session', () => session.sessionFile.write()),
    openSession: (file) => attempt(file.name, () => session.sessionFile.read(file, file.name)),
    memory: () => client.memory(),
    draw: (file, detections, { threshold, layer }) =>
      attempt(file.name, () => {
        const index = layer === undefined ? null : layerIndex(detections, layer);
        return session.drawAnnotated(file, file.name, detections, { threshold, layer: index });
      }),
    loseDevice: () => attempt('device', () => client.loseDevice()),
  };
}

/** Makes the automation interface of a session window.stepdetr. */
export function installAutomation(session: StartedSession): void {
  window.stepdetr = createAutomation(session);
}
