/**
 * What a detection costs on this device, by part of the model, against what the device can do at most (the roofline model:
 * Williams, Waterman, Patterson, CACM 52(4), 2009): a part can take no less time than its arithmetic at the peak rate, nor less
 * than its bytes at the peak bandwidth. Plain values: nothing here measures.
 *
 * Times are microseconds, rates per second.
 */

/** What the device did at best in small programs made for the purpose. */
export interface DevicePeak {
  /** Floating-point operations a second, a fused multiply-add counted as two. */
  flops32: number;
  /** The same in half precision; null where the device has none. */
  flops16: number | null;
  /** Bytes a second, read and written, of buffers beyond the caches. */
  bandwidth: number;
  /** Microseconds that a dispatch takes though it does next to nothing. */
  dispatch: number;
}

/** A dispatch, or several of one kernel in one part. */
export interface KernelCost {
  /** Part of the model: 'decoder/layer 2/cross attention'; '' outside of every part. */
  scope: string;
  kernel: string;
  /** Dispatches. */
  count: number;
  microseconds: number;
  /** Read and written, each buffer counted once a dispatch. */
  bytes: number;
  /** 0 where the kernel does not state them. */
  flops: number;
}

/** What keeps a part from being faster. */
export type Bound = 'compute' | 'memory' | 'overhead';

export interface LayerCost extends Omit<KernelCost, 'kernel'> {
  /** 0..1 of the total time. */
  share: number;
  /** Operations a second, in thousand millions. */
  gflops: number;
  /** Bytes a second, in thousand millions. */
  gbs: number;
  bound: Bound;
  /** The least time that the device needs for its work over the time it took; above 1 where caches beat the memory. */
  ofRoof: number;
}

export interface ProfileReport {
  adapter: string;
  model: string;
  /** [height, width] of the input tensor. */
  inputSize: readonly [number, number];
  /** 'timestamps': by the device's own clock, a kernel at a time. 'queue': by waiting behind each part, which adds the wait to each. */
  method: 'timestamps' | 'queue';
  /** Passes over the model that the times are means of. */
  passes: number;
  peak: DevicePeak;
  /** In the order in which they first ran. */
  kernels: KernelCost[];
  /** By the first two steps of the scope, in the order in which they first ran. */
  layers: LayerCost[];
  total: Omit<LayerCost, 'scope'>;
}

/** The layer that a scope belongs to: 'decoder/layer 2/ffn' -> 'decoder/layer 2'. */
export const layerOf = (scope: string): string => scope.split('/').slice(0, 2).join('/');

/** A scope inside of its layer: 'decoder/layer 2/ffn' -> 'ffn'; '' where there is nothing further. */
export const withinLayer = (scope: string): string => scope.split('/').slice(2).join('/');

/** The least times that the device needs for a piece of work, by what would limit it. */
export function floorsOf(
  { flops, bytes, count }: Pick<KernelCost, 'flops' | 'bytes' | 'count'>,
  peak: DevicePeak,
): Record<Bound, number> {
  return {
    compute: (flops / peak.flops32) * 1e6,
    memory: (bytes / peak.bandwidth) * 1e6,
    overhead: count * peak.dispatch,
  };
}

/** The limit that asks for most time. */
export function boundOf(cost: Pick<KernelCost, 'flops' | 'bytes' | 'count'>, peak: DevicePeak): Bound {
  const floors = floorsOf(cost, peak);
  return (['compute', 'memory', 'overhead'] as const).reduce((a, b) => (floors[b] > floors[a] ? b : a));
}

/** Floating-point operations a byte; 0 where none are stated. */
export const intensityOf = ({ flops, bytes }: Pick<KernelCost, 'flops' | 'bytes'>): number =>
  bytes > 0 ? flops / bytes : 0;

/** The roof at an intensity: operations a second that the device can reach there. */
export const roofAt = (intensity: number, { flops32, bandwidth }: DevicePeak): number =>
  Math.min(flops32, intensity * bandwidth);

type Sums = Pick<KernelCost, 'count' | 'microseconds' | 'bytes' | 'flops'>;

const NOTHING: Sums = { count: 0, microseconds: 0, bytes: 0, flops: 0 };

const plus = (a: Sums, b: Sums): Sums => ({
  count: a.count + b.count,
  microseconds: a.microseconds + b.microseconds,
  bytes: a.bytes + b.bytes,
  flops: a.flops + b.flops,
});

function rated({ count, microseconds, bytes, flops }: Sums, total: number, peak: DevicePeak): Omit<LayerCost, 'scope'> {
  const cost = { count, microseconds, bytes, flops };
  const { compute, memory } = floorsOf(cost, peak);
  // a clock may be too coarse to see a small kernel at all
  const per = (value: number): number => (microseconds > 0 ? value / microseconds : 0);
  return {
    ...cost,
    share: total > 0 ? microseconds / total : 0,
    gflops: per(cost.flops) / 1e3,
    gbs: per(cost.bytes) / 1e3,
    bound: boundOf(cost, peak),
    ofRoof: per(Math.max(compute, memory)),
  };
}

/** Costs with the same key as one, in the order of the first of each. */
function merged<T extends Sums>(costs: readonly T[], keyOf: (cost: T) => string): T[] {
  const groups = new Map<string, T>();
  for (const cost of costs) {
    const key = keyOf(cost);
    const known = groups.get(key);
    groups.set(key, known ? { ...known, ...plus(known, cost) } : cost);
  }
  return [...groups.values()];
}

/**
 * @param costs of single dispatches or of several, in the order in which they ran
 * @param facts everything else that the report says
 */
export function reportOf(
  costs: readonly KernelCost[],
  facts: Pick<ProfileReport, 'adapter' | 'model' | 'inputSize' | 'method' | 'passes' | 'peak'>,
): ProfileReport {
  const { peak } = facts;
  const kernels = merged(costs, ({ scope, kernel }) => `${scope}\n${kernel}`);
  const all = kernels.reduce(plus, NOTHING);
  const parts = kernels.map((cost) => ({ ...plus(NOTHING, cost), scope: layerOf(cost.scope) }));
  const layers = merged(parts, ({ scope }) => scope).map((cost) => ({
    scope: cost.scope,
    ...rated(cost, all.microseconds, peak),
  }));
  return { ...facts, kernels, layers, total: rated(all, all.microseconds, peak) };
}

/** A kernel as a layer's row has it. */
export const ratedKernel = (cost: KernelCost, { total, peak }: Pick<ProfileReport, 'total' | 'peak'>): LayerCost => ({
  scope: cost.scope,
  ...rated(cost, total.microseconds, peak),
});
