/**
 * The worker's engine: one device, one current model, and detection that survives a lost device.
 *
 * The checkpoint's bytes stay in memory beside the tensors: they are what a new device is filled from.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Checkpoint } from '../data/checkpoint';
import { checkpointFiles } from '../data/export-checkpoint';
import { decodeImage } from '../data/images/decode';
import type { ClusterComparison, ClusterSettings } from '../lib/clusters';
import { DetectorError } from '../lib/errors';
import type { ProfileReport } from '../lib/profile';
import type { QueryViews } from '../lib/query-views';
import type { CheckpointFiles } from '../lib/training';
import type { ImageDetections, ModelInfo } from '../lib/types';
import type { Detector } from '../models/detector';
import { ForwardPlans } from '../models/forward-plans';
import { inputSizeOf, pixelsOf, writeInput } from '../models/input';
import { loadDetector } from '../models/load';
import { compareClusters } from './compare-clusters';
import type { DeviceOwner } from './device';
import { runPlainly, runPlan, type Ran } from './forward';
import { inspectQuery } from './inspect';
import { modelFiles, type LastingModel } from './origin';
import { profilePlan } from './profile';
import type { DeviceInfo, Frame, MemoryInfo, OnEvent } from './protocol';

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

/** What an engine asks of its device. */
export type EngineDevice = Pick<
  DeviceOwner,
  'info' | 'open' | 'settle' | 'guard' | 'memory' | 'destroy' | 'gpu' | 'budget'
>;

export class Engine {
  private current: Current | undefined;
  private rebuilding: Promise<DeviceInfo> | undefined;
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
   * @param image a Blob is decoded here; a frame is used and closed
   * @param handed told when the GPU has all commands of it and another image may come; not told where that cannot be
   * @throws DetectorError `image` when it cannot be read, `device` when the device is lost for good, `cancelled`
   */
  async detect(image: Blob | Frame, name: string, signal: AbortSignal, handed?: () => void): Promise<ImageDetections> {
    const started = performance.now();
    return this.withImage(image, name, signal, async (pixels, { width, height }) => {
      const decode = performance.now() - started;
      const { value, retries } = await this.surviving(() => this.run(pixels, handed));
      const { layers, ms, clusters } = value;
      const clustered = clusters ? { clusters } : {};
      return { model: this.model.id, width, height, layers, ms: { decode, ...ms }, retries, ...clustered };
    });
  }

  /**
   * What a query of the current model looked at in each layer.
   * @throws DetectorError as `detect` does, and `unsupported` when there is no such query
   */
  async inspect(image: Blob, name: string, query: number, signal: AbortSignal): Promise<QueryViews> {
    return this.withImage(image, name, signal, async (pixels) => {
      const look = () => inspectQuery(this.requireModel().detector, this.model.id, pixels, query, this.clusters);
      return (await this.surviving(look)).value;
    });
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
    return this.withImage(image, name, signal, async (pixels) => {
      const both = () => compareClusters(this.requireModel().detector, this.model.id, pixels, settings);
      return (await this.surviving(both)).value;
    });
  }

  /**
   * What the way of an image of this size through the current model costs.
   * @throws DetectorError as `detect` does, and `unsupported` where there are no plans
   */
  async profile(image: Blob, name: string, signal: AbortSignal): Promise<ProfileReport> {
    return this.withImage(
      image,
      name,
      signal,
      async (pixels) => (await this.surviving(() => this.profilePlan(pixels, signal))).value,
    );
  }

  private async profilePlan(pixels: Frame, signal: AbortSignal): Promise<ProfileReport> {
    const { gpu, info } = this.device;
    const { plans, detector } = this.requireModel();
    if (!gpu || !plans)
      throw new DetectorError(
        'unsupported',
        'profile',
        `expected WebGPU, got ${info?.adapter ?? 'no device'}`,
        'WebAssembly has no clock for single kernels.',
      );
    const size = inputSizeOf(detector.preprocessing, pixels);
    const plan = plans.of(size);
    writeInput(detector.preprocessing, pixels, plan.input);
    return profilePlan(gpu, plan, { adapter: info?.adapter ?? '', model: this.model.id, inputSize: size, signal });
  }

  /** Of the device, with what the current model's weights take. */
  memory(): MemoryInfo {
    const memory = this.device.memory();
    return this.current ? { ...memory, weightBytes: this.current.weightBytes } : memory;
  }

  /**
   * @param work gets the upright pixels, no larger than the device takes, and their size before that made them smaller; they are
   *   closed afterwards
   */
  private async withImage<T>(
    image: Blob | Frame,
    name: string,
    signal: AbortSignal,
    work: (pixels: Frame, size: { width: number; height: number }) => Promise<T>,
  ): Promise<T> {
    const maxSide = this.device.info?.limits['maxTextureDimension2D'] ?? PLAIN_IMAGE_SIDE;
    const decoded = image instanceof Blob ? await decodeImage(image, name, { signal, maxSide }) : null;
    const pixels = decoded?.bitmap ?? (image as Frame);
    try {
      signal.throwIfAborted();
      const done = await work(pixels, decoded ?? pixelsOf(pixels));
      signal.throwIfAborted();
      return done;
    } finally {
      pixels.close();
    }
  }

  private run(image: Frame | ImageData, handed: () => void = () => undefined): Promise<Ran> {
    const { detector, plans } = this.requireModel();
    if (plans && !this.clusters) return runPlan(detector, plans, image, handed);
    return runPlainly(detector, image, this.clusters, () => this.device.settle());
  }

  /** Runs GPU work again on a new device when the device is lost meanwhile. */
  private async surviving<T>(work: () => Promise<T>): Promise<{ value: T; retries: number }> {
    for (let retries = 0; ; retries++) {
      await this.rebuilding;
      const before = this.device.info;
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
      // Of images that overlap, the first to know has done it.
      if (this.rebuilding || this.device.info === before) await this.rebuild();
    }
  }

  /** A new device, and the current checkpoint's weights on it. Whoever asks while it is made gets the same. */
  rebuild(): Promise<DeviceInfo> {
    this.rebuilding ??= this.reopen().finally(() => (this.rebuilding = undefined));
    return this.rebuilding;
  }

  private async reopen(): Promise<DeviceInfo> {
    this.onEvent({ type: 'device-lost', reason: 'the GPU device was lost; its memory is gone' });
    const { checkpoint } = this.requireModel();
    this.drop();
    const info = await this.device.open();
    this.use(checkpoint);
    this.onEvent({ type: 'device-restored', info });
    return info;
  }
}
