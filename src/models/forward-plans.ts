/**
 * A model's forward passes as plans, one for each size of image: recorded when a size first comes, replayed from then on.
 *
 * H, W of the input.
 */
import * as tf from '@tensorflow/tfjs-core';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { KernelTime, Plan } from '../kernels/plan/plan';
import { record } from '../kernels/plan/record';
import type { PartTime } from '../kernels/plan/plan';
import { scoped } from '../kernels/scope';
import type { Detector, Trace } from './detector';
import { packAnswers } from './postprocess';

/** Plans beyond these bytes go, the one used longest ago first; the last one used stays in any case. */
const MOST_BYTES = 2 ** 30;

export class ForwardPlan {
  private readings = 0;
  private ran = false;

  /** @param layers of the trace: their tensors are gone, their names and shapes say what `read` gives */
  constructor(
    private readonly plan: Plan,
    readonly layers: Trace['layers'],
  ) {}

  /** [1,H,W,3] in the units of the model's preprocessing: to be written before each replay. */
  get input(): tf.Tensor4D {
    return this.plan.inputs[0] as tf.Tensor4D;
  }

  get bytes(): number {
    return this.plan.bytes;
  }

  get dispatches(): number {
    return this.plan.dispatches.length;
  }

  /** While numbers are on their way it must not go. */
  get busy(): boolean {
    return this.readings > 0;
  }

  /**
   * The GPU has its commands when this returns; readings may overlap.
   * @returns all layers as `packAnswers` packs them, for `unpackAnswers`
   */
  async read(): Promise<Float32Array> {
    this.readings++;
    this.ran = true;
    try {
      const [packed] = await this.plan.read();
      return packed!;
    } finally {
      this.readings--;
    }
  }

  /** Without reading back. */
  replay(): void {
    this.ran = true;
    this.plan.replay();
  }

  /** Fills what the recording made for all plans of the model (transformed filters, positions): its first replay does. */
  fill(): void {
    if (!this.ran) this.replay();
  }

  /** Null where the adapter has no timestamp queries. */
  profile(): Promise<KernelTime[] | null> {
    return this.plan.profile();
  }

  /** As `Plan.profileParts`. */
  profileParts(scopeOf: (scope: string) => string): Promise<PartTime[]> {
    return this.plan.profileParts(scopeOf);
  }

  dispose(): void {
    this.fill();
    this.plan.dispose();
  }
}

export class ForwardPlans {
  /** By size, the last one used at the end. */
  private readonly plans = new Map<string, ForwardPlan>();

  /**
   * @param detector with the exact encoder; its weights may change in place, as training changes them, and must outlive this
   * @param most bytes of all plans together
   */
  constructor(
    private readonly detector: Detector,
    private most: number = MOST_BYTES,
  ) {}

  /** Whether the current backend can have plans. */
  static get possible(): boolean {
    return tf.backend() instanceof WebGPUBackend;
  }

  get bytes(): number {
    return [...this.plans.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The plan for images of this size, recorded now where there is none. */
  of(size: readonly [height: number, width: number]): ForwardPlan {
    const key = size.join('x');
    const plan = this.plans.get(key) ?? this.record(size);
    this.plans.delete(key);
    this.plans.set(key, plan);
    this.evict();
    return plan;
  }

  /** @param most bytes of all plans together from now on */
  keepWithin(most: number): void {
    this.most = most;
    this.evict();
  }

  /** Lets plans go that nobody reads, the one used longest ago first, until so many bytes are free or none is left. */
  free(bytes: number): void {
    let left = bytes;
    for (const [key, plan] of this.plans) {
      if (left <= 0) return;
      if (plan.busy) continue;
      left -= plan.bytes;
      plan.dispose();
      this.plans.delete(key);
    }
  }

  dispose(): void {
    this.plans.forEach((plan) => plan.dispose());
    this.plans.clear();
  }

  private record([height, width]: readonly [number, number]): ForwardPlan {
    const { detector } = this;
    // A photo that could not be read has left its plan as it was recorded.
    this.plans.forEach((plan) => plan.fill());
    const input = tf.keep(tf.zeros([1, height, width, 3])) as tf.Tensor4D;
    let layers: Trace['layers'] = [];
    const plan = record(tf.backend() as WebGPUBackend, [input], () => {
      const trace = detector.decode(detector.encode(input));
      layers = trace.layers;
      return [scoped('answer', () => packAnswers(trace, detector.scoring))];
    });
    return new ForwardPlan(plan, layers);
  }

  private evict(): void {
    const [newest] = [...this.plans.values()].slice(-1);
    for (const [key, plan] of this.plans) {
      if (plan === newest || this.bytes <= this.most) return;
      if (plan.busy) continue;
      plan.dispose();
      this.plans.delete(key);
    }
  }
}
