/**
 * The worker's engine: one device, one current model, and detection that survives a lost device.
 *
 * The checkpoint's bytes stay in memory beside the tensors: they are what a new device is filled from.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Checkpoint } from '../data/checkpoint';
import { checkpointFiles } from '../data/export-checkpoint';
import { decodeImage } from '../data/images/decode';
import type { ClusterComparison, ClusterSettings, ImageClustering } from '../lib/clusters';
import { DetectorError } from '../lib/errors';
import type { ProfileReport } from '../lib/profile';
import type { QueryViews } from '../lib/query-views';
import type { CheckpointFiles } from '../lib/training';
import type { ImageDetections, ModelInfo, StageTimes } from '../lib/types';
import type { Detector, EncoderClusters, Trace } from '../models/detector';
import { disposeMemory, encodeImage } from '../models/encode-image';
import { loadDetector } from '../models/load';
import { ForwardPlans } from '../models/forward-plans';
import { inputOf, inputSizeOf, writeInput } from '../models/input';
import { packAnswers, unpackAnswers } from '../models/postprocess';
import type { DeviceOwner } from './device';
import { compareClusters } from './compare-clusters';
import { inspectQuery } from './inspect';
import { profilePlan } from './profile';
import type { DeviceInfo, MemoryInfo, OnEvent } from './protocol';
import { modelFiles, type LastingModel } from './origin';

/** A device that is lost again and again is a fault of the device: the job ends with an error. */
const MOST_RETRIES = 2;
/** Where the device states no limit on a texture's side (WebAssembly), images are made no larger than this. */
const PLAIN_IMAGE_SIDE = 8192;

interface Current {
  checkpoint: Checkpoint;
  detector: Detector;
  /** Null where the backend has none: then TF.js runs every forward pass anew. */
  plans: ForwardPlans | null;
  /** Takes the plans out of the budget again. */
  release(): void;
  /** On the device. */
  weightBytes: number;
  info: ModelInfo;
}

/** One image's answers as numbers, and how long they took. */
interface Ran {
  layers: ImageDetections['layers'];
  ms: Omit<StageTimes, 'decode'>;
  clusters: ImageClustering | null;
}

/** What an engine asks of its device. */
export type EngineDevice = Pick<
  DeviceOwner,
  'info' | 'open' | 'settle' | 'guard' | 'memory' | 'destroy' | 'gpu' | 'budget'
>;

export class Engine {
  private current: Current | undefined;
  /** In the place of the exact encoder's attention, where the current model's is dense; null: exact. */
  clusters: ClusterSettings | null = null;

  constructor(
    readonly device: EngineDevice,
    private readonly onEvent: OnEvent,
    /** Whether forward passes are recorded and replayed where that is possible. */
    private readonly planned = true,
  ) {}

  get model(): ModelInfo {
    return this.requireModel().info;
  }

  /** Where the current model can be opened again. */
  get origin(): LastingModel {
    const { checkpoint } = this.requireModel();
    if (checkpoint.run) return { kind: 'run', ...checkpoint.run };
    return { kind: checkpoint.source === 'embedded' ? 'embedded' : 'cached', id: checkpoint.id };
  }

  /** The current model's files in its checkpoint's own layout. */
  async checkpointFiles(): Promise<CheckpointFiles> {
    const { checkpoint } = this.requireModel();
    const { id, source, config } = checkpoint;
    return checkpointFiles({ name: id.replaceAll('/', '-'), source, config, original: checkpoint, changed: new Map() });
  }

  private requireModel(): Current {
    if (!this.current) throw new DetectorError('internal', 'model', 'expected a loaded model, there is none yet');
    return this.current;
  }

  /** Makes the checkpoint current; the one before goes only when the new one stands. */
  use(checkpoint: Checkpoint): ModelInfo {
    const before = tf.memory().numBytes;
    const detector = loadDetector(modelFiles(checkpoint));
    const weightBytes = tf.memory().numBytes - before;
    this.drop();
    const [height, width] = detector.preprocessing.size;
    const info: ModelInfo = {
      id: checkpoint.id,
      name: checkpoint.name,
      family: detector.family,
      source: checkpoint.source,
      classes: [...detector.classes],
      layers: detector.layers,
      queries: detector.queries,
      parameters: detector.parameterCount,
      inputSize: [height, width],
      ...(detector.encodeClustered && { denseEncoder: true }),
    };
    const plans = this.planned && ForwardPlans.possible ? new ForwardPlans(detector) : null;
    const release = plans
      ? this.device.budget.hold({ kind: 'plans', outside: () => plans.bytes, free: (bytes) => plans.free(bytes) })
      : () => undefined;
    this.current = { checkpoint, detector, plans, release, weightBytes, info };
    return info;
  }

  /** Has the next detections recorded anew: other variants of kernels are chosen now. */
  recordAgain(): void {
    this.current?.plans?.dispose();
  }

  /** Frees the current model; there is none until the next `use`. */
  drop(): void {
    this.current?.release();
    this.current?.plans?.dispose();
    this.current?.detector.dispose();
    this.current = undefined;
  }

  /** Compiles every kernel of the current model, and records its plan, by running it once on a grey image. */
  async warmUp(): Promise<void> {
    const [height, width] = this.requireModel().detector.preprocessing.size;
    const grey = new ImageData(new Uint8ClampedArray(height * width * 4).fill(127), width, height);
    await this.surviving(() => this.run(grey));
  }

  /**
   * @param image a Blob is decoded here; an ImageBitmap is used and closed
   * @throws DetectorError `image` when it cannot be read, `device` when the device is lost for good, `cancelled`
   */
  async detect(image: Blob | ImageBitmap, name: string, signal: AbortSignal): Promise<ImageDetections> {
    const started = performance.now();
    const decoded =
      image instanceof Blob
        ? await this.read(image, name, signal)
        : { bitmap: image, width: image.width, height: image.height };
    const decode = performance.now() - started;
    try {
      signal.throwIfAborted();
      const { value, retries } = await this.surviving(() => this.run(decoded.bitmap));
      signal.throwIfAborted();
      const { width, height } = decoded;
      const { layers, ms, clusters } = value;
      const clustered = clusters ? { clusters } : {};
      return { model: this.model.id, width, height, layers, ms: { decode, ...ms }, retries, ...clustered };
    } finally {
      decoded.bitmap.close();
    }
  }

  /**
   * What a query of the current model looked at in each layer.
   * @throws DetectorError as `detect` does, and `unsupported` when there is no such query
   */
  async inspect(image: Blob, name: string, query: number, signal: AbortSignal): Promise<QueryViews> {
    const { bitmap } = await this.read(image, name, signal);
    try {
      signal.throwIfAborted();
      const { value } = await this.surviving(() =>
        inspectQuery(this.requireModel().detector, this.model.id, bitmap, query, this.clusters),
      );
      signal.throwIfAborted();
      return value;
    } finally {
      bitmap.close();
    }
  }

  /**
   * One image through the current model's exact encoder and through clusters.
   * @throws DetectorError as `detect` does, and `unsupported` for a model without a dense encoder
   */
  async compareClusters(
    image: Blob,
    name: string,
    settings: ClusterSettings,
    signal: AbortSignal,
  ): Promise<ClusterComparison> {
    const { bitmap } = await this.read(image, name, signal);
    try {
      signal.throwIfAborted();
      const { value } = await this.surviving(() =>
        compareClusters(this.requireModel().detector, this.model.id, bitmap, settings),
      );
      signal.throwIfAborted();
      return value;
    } finally {
      bitmap.close();
    }
  }

  /**
   * What the way of an image of this size through the current model costs.
   * @throws DetectorError as `detect` does, and `unsupported` where there are no plans
   */
  async profile(image: Blob, name: string, signal: AbortSignal): Promise<ProfileReport> {
    const { bitmap } = await this.read(image, name, signal);
    try {
      signal.throwIfAborted();
      const { value } = await this.surviving(() => this.profilePlan(bitmap, signal));
      return value;
    } finally {
      bitmap.close();
    }
  }

  private async profilePlan(bitmap: ImageBitmap, signal: AbortSignal): Promise<ProfileReport> {
    const { gpu, info } = this.device;
    const { plans, detector } = this.requireModel();
    if (!gpu || !plans)
      throw new DetectorError(
        'unsupported',
        'profile',
        `expected WebGPU, got ${info?.adapter ?? 'no device'}`,
        'WebAssembly has no clock for single kernels.',
      );
    const size = inputSizeOf(detector.preprocessing, bitmap);
    const plan = plans.of(size);
    writeInput(detector.preprocessing, bitmap, plan.input);
    return profilePlan(gpu, plan, { adapter: info?.adapter ?? '', model: this.model.id, inputSize: size, signal });
  }

  /** Of the device, with what the current model's weights take. */
  memory(): MemoryInfo {
    const memory = this.device.memory();
    return this.current ? { ...memory, weightBytes: this.current.weightBytes } : memory;
  }

  /** The upright picture, no larger than the device takes. */
  private read(image: Blob, name: string, signal: AbortSignal): ReturnType<typeof decodeImage> {
    const maxSide = this.device.info?.limits['maxTextureDimension2D'] ?? PLAIN_IMAGE_SIDE;
    return decodeImage(image, name, { signal, maxSide });
  }

  /** Resize, forward pass, one read-back, post-processing. Leaves no tensor behind. */
  private run(image: ImageBitmap | ImageData): Promise<Ran> {
    const { plans } = this.requireModel();
    return plans && !this.clusters ? this.runPlan(plans, image) : this.runPlainly(image);
  }

  /** The plan for the image's size: TF.js does nothing. */
  private async runPlan(plans: ForwardPlans, image: ImageBitmap | ImageData): Promise<Ran> {
    const { preprocessing } = this.requireModel().detector;
    const marks = [performance.now()];
    const plan = plans.of(inputSizeOf(preprocessing, image));
    writeInput(preprocessing, image, plan.input);
    marks.push(performance.now());
    const values = await plan.read();
    marks.push(performance.now());
    return this.answers(values, plan.layers, marks, null);
  }

  private async runPlainly(image: ImageBitmap | ImageData): Promise<Ran> {
    const settings = this.clusters;
    const { detector } = this.requireModel();
    const marks = [performance.now()];
    const input = inputOf(detector.preprocessing, image);
    let packed: tf.Tensor | undefined;
    try {
      await this.device.settle();
      marks.push(performance.now());
      let trace: Trace['layers'] = [];
      const { memory, layers: clustered } = await encodeImage(detector, input, settings);
      packed = tf.tidy(() => {
        const full = detector.decode(memory);
        trace = full.layers;
        return packAnswers(full, detector.scoring);
      });
      disposeMemory(memory);
      const values = (await packed.data()) as Float32Array;
      marks.push(performance.now());
      return this.answers(values, trace, marks, clusteringOf(settings, clustered));
    } finally {
      input.dispose();
      packed?.dispose();
    }
  }

  /** @param marks when the work began, when its input stood, when its numbers were there */
  private answers(
    values: Float32Array,
    trace: Trace['layers'],
    marks: readonly number[],
    clusters: ImageClustering | null,
  ): Ran {
    const { classes, queries, scoring } = this.requireModel().detector;
    const layers = unpackAnswers(values, trace, { classes: classes.length, queries, scoring });
    const [begun, resized, read] = marks as [number, number, number];
    const ms = { resize: resized - begun, model: read - resized, post: performance.now() - read };
    return { layers, ms, clusters };
  }

  /** Runs GPU work again on a new device when the device is lost meanwhile. */
  private async surviving<T>(work: () => Promise<T>): Promise<{ value: T; retries: number }> {
    for (let retries = 0; ; retries++) {
      const done = await this.device.guard(work);
      if (done !== 'lost') return { value: done.value, retries };
      if (retries === MOST_RETRIES) {
        throw new DetectorError(
          'device',
          'GPU',
          `the device was lost ${retries + 1} times in a row`,
          'The images and the model are safe. Restart the browser, or go on in WebAssembly.',
        );
      }
      await this.rebuild();
    }
  }

  /** A new device, and the current checkpoint's weights on it. */
  async rebuild(): Promise<DeviceInfo> {
    this.onEvent({ type: 'device-lost', reason: 'the GPU device was lost; its memory is gone' });
    const { checkpoint } = this.requireModel();
    this.drop();
    const info = await this.device.open();
    this.use(checkpoint);
    this.onEvent({ type: 'device-restored', info });
    return info;
  }
}

/** Null where the encoder was exact. */
function clusteringOf(settings: ClusterSettings | null, layers: readonly EncoderClusters[]): ImageClustering | null {
  if (!settings || layers.length === 0) return null;
  const plain = layers.map(({ images, flops }) => {
    const { clusters, tokens } = images[0]!;
    return { prototypes: clusters, tokens, flops };
  });
  return { settings, layers: plain };
}
