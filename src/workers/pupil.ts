/** From a run's request to what its trainer works with: the model with the data's classes, its teacher, views and held-out images. */
import * as tf from '@tensorflow/tfjs-core';
import { DetectorError } from '../lib/errors';
import { clustersOf } from '../lib/train-settings';
import type { RunRequest, TrainingImage } from '../lib/training';
import { adaptClasses, knownRows } from '../models/adapt-classes';
import type { Detector } from '../models/detector';
import { loadDetector, type ModelFiles } from '../models/load';
import { foundLabels } from '../train/found-labels';
import { HeldOut, type TakeTurn } from '../train/held-out';
import { Learner } from '../train/learner';
import { nearestRows } from '../train/nearest-classes';
import { createTeach } from '../train/teacher';
import { Views } from '../train/views';
import type { LastingModel, Origin } from './origin';
import { openOrigin, type OpenOptions } from './sources';

export type LastingRequest = RunRequest & { model: LastingModel; teacher?: LastingModel };

/** Images that a method learns from: labelled ones, and with a teacher the others too. */
export function learnable({ settings, data }: RunRequest): TrainingImage[] {
  const train = data.images.filter(({ split }) => split === 'train');
  const usable = settings.method === 'distil' ? train : train.filter(({ labels }) => labels !== null);
  if (usable.length > 0) return usable;
  throw new DetectorError(
    'annotations',
    'training images',
    settings.method === 'distil'
      ? 'expected at least one image to learn from, got none'
      : `expected at least one labelled image to learn from, got ${train.length} images without labels`,
    'Label an image, or move one from held out to training.',
  );
}

export const heldOutOf = ({ data }: RunRequest): TrainingImage[] =>
  data.images.filter(({ split, labels }) => split === 'val' && labels !== null);

/** Opened files; nothing is on the device yet. */
export interface Material {
  origin: Origin;
  /** The origin's files with the classes of the data. */
  files: ModelFiles;
  teacher: ModelFiles | null;
}

/** @throws DetectorError when a model cannot be opened or there is no teacher where one is needed */
export async function openMaterial(request: LastingRequest, options: OpenOptions): Promise<Material> {
  const { settings, data } = request;
  if (settings.method === 'distil' && !request.teacher)
    throw new DetectorError('unsupported', 'teacher', 'expected a model that teaches, got none');
  const teacher = request.teacher ? await openOrigin(request.teacher, options, settings.seed, []) : null;
  const named = data.classes.length > 0 ? data.classes : (teacher?.files.classes ?? []);
  const origin = await openOrigin(request.model, options, settings.seed, named);
  // Without classes of its own the data keeps the model's.
  const classes = data.classes.length > 0 || request.model.kind === 'random-patches' ? named : origin.files.classes;
  return { origin, files: adaptClasses(origin.files, classes), teacher: teacher?.files ?? null };
}

/**
 * The material with new classes that start as the settings say. For the first step of a run only: later its own weights count.
 */
export async function withStart(request: LastingRequest, material: Material, turn: TakeTurn): Promise<Material> {
  const { origin, files } = material;
  const known = knownRows(origin.files.classes, files.classes);
  if (request.settings.newClasses === 'zero' || known.every((row) => row >= 0)) return material;
  const nearest = await briefly(origin.files, turn, (detector) =>
    nearestRows(detector, learnable(request), files.classes.length, turn),
  );
  const rows = known.map((row, label) => (row >= 0 ? row : nearest[label]!));
  return { ...material, files: adaptClasses(origin.files, files.classes, rows) };
}

/** On the device for as long as the work takes. */
async function briefly<T>(files: ModelFiles, turn: TakeTurn, work: (detector: Detector) => Promise<T>): Promise<T> {
  const detector = await turn(async () => loadDetector(files));
  try {
    return await work(detector);
  } finally {
    await turn(async () => detector.dispose());
  }
}

/** Whether the weight of the KL to the start depends on what the model finds before the run. */
export const asksWhatIsFound = ({ settings: { policy, betaRef, refScale } }: RunRequest): boolean =>
  policy !== 'none' && betaRef > 0 && refScale === 'found';

/** Share of the training images' labels that the material finds. @param material as it starts */
export const foundBefore = (request: LastingRequest, { files }: Material, turn: TakeTurn): Promise<number> =>
  briefly(files, turn, (detector) => foundLabels(detector, learnable(request), request.settings, turn));

/** The request with its KL to the start weighted by what the model found. @param found 0..1 */
export function tied(request: LastingRequest, found: number): LastingRequest {
  const { settings } = request;
  return { ...request, settings: { ...settings, betaRef: settings.betaRef * found } };
}

export interface Pupil {
  learner: Learner;
  views: Views;
  heldOut: HeldOut;
  dispose(): void;
}

/** The policy starts as wide as the settings say. */
function widen(detector: Detector, logStd: number): void {
  for (const name of detector.policy) {
    const { shape } = detector.parameters.get(name);
    detector.parameters.set(name, tf.fill(shape, logStd));
  }
}

/** Cells of the memory's levels; null where there are no dense scores to teach, or photos keep their shape. */
function shapesOf({ preprocessing: { size, fit }, strides }: Detector): [number, number][] | null {
  const [h, w] = size;
  return strides && !fit ? strides.map((stride) => [Math.ceil(h / stride), Math.ceil(w / stride)]) : null;
}

/** Puts everything on the device: call it when it is the run's turn. */
export function createPupil(request: LastingRequest, { files, teacher: teacherFiles }: Material): Pupil {
  const { settings } = request;
  const detector = loadDetector(files);
  if (settings.policy !== 'none') widen(detector, settings.logStd);
  const learner = new Learner(detector, settings);
  const teacher = teacherFiles && settings.method === 'distil' ? loadDetector(teacherFiles) : null;
  const shapes = settings.distilDense > 0 ? shapesOf(detector) : null;
  const memory = settings.distilMemory > 0 && settings.encoder === 'trained';
  const teach = teacher ? createTeach({ teacher, classes: files.classes, shapes, memory }) : undefined;
  const views = new Views(detector, learnable(request), settings, teach);
  return {
    learner,
    views,
    heldOut: new HeldOut(heldOutOf(request), files.classes, {
      frozen: settings.encoder === 'frozen',
      clusters: clustersOf(settings),
    }),
    dispose: () => {
      views.dispose();
      learner.dispose();
      teacher?.dispose();
    },
  };
}
