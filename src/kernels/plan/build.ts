/** From captured commands to commands over the plan's own buffers. */
import { buffersOf } from './capture';
import type { Command, Dispatch, Held } from './commands';
import { shareBuffers } from './lifetimes';
import type { PlannedDispatch } from './plan';
import type { Step } from './steps';

export interface Segment {
  /** The first replay's. */
  first: Step[];
  /** All others'. */
  again: Step[];
}

export interface Built {
  /** One of each stage. */
  segments: Segment[];
  /** Of the dispatches that every replay does, in order. */
  dispatches: PlannedDispatch[];
  /** Freed with the plan. */
  buffers: GPUBuffer[];
}

/** Where a captured buffer is in the plan. */
interface Place {
  buffer: GPUBuffer;
  offset: number;
}

const roundUp = (size: number, unit: number): number => Math.ceil(size / unit) * unit;

/**
 * @param ends for each stage the index after its last command
 * @param again of each command, whether every replay does it: see `repeated`
 */
export function build(
  device: GPUDevice,
  commands: readonly Command[],
  ends: readonly number[],
  again: readonly boolean[],
): Built {
  const met = [...new Set(commands.flatMap(buffersOf))];
  const own = met.filter(({ lasting }) => !lasting);
  const constant = own.filter(({ content, written }) => content && !written);
  const working = own.filter((held) => !constant.includes(held));
  const restored = working.filter(({ content }) => content);
  const places = new Map<Held, Place>(met.filter(({ lasting }) => lasting).map((held) => [held, lastingPlace(held)]));
  const buffers = [
    ...placeShared(device, working, places),
    ...placeConstants(device, constant, GPUBufferUsage.UNIFORM, places),
    ...placeConstants(device, constant, GPUBufferUsage.STORAGE, places),
  ];
  const pristine = new Map<Held, Place>();
  buffers.push(...placeConstants(device, restored, GPUBufferUsage.STORAGE, pristine));
  const steps = commands.map((command, index) => ({
    again: again[index]!,
    own: stepOf(device, command, places),
    before: restored
      .filter(({ first }) => first === index)
      .map((held) => restore(held, pristine.get(held)!, places.get(held)!)),
  }));
  const segments = ends.map((end, stage): Segment => {
    const part = steps.slice(ends[stage - 1] ?? 0, end);
    return {
      first: part.flatMap(({ before, own }) => [...before, own]),
      again: part.flatMap((step) => [...step.before, ...(step.again ? [step.own] : [])]),
    };
  });
  const dispatches = commands.filter((command, i): command is Dispatch => command.kind === 'dispatch' && again[i]!);
  return { segments, dispatches: dispatches.map(describe), buffers };
}

const lastingPlace = ({ buffer }: Held): Place => ({ buffer, offset: 0 });

const describe = ({ kernel, scope, groups, bytes, flops }: Dispatch): PlannedDispatch => ({
  kernel,
  scope,
  groups,
  bytes,
  flops,
});

/** Memory that is shared over time. */
function placeShared(device: GPUDevice, held: readonly Held[], places: Map<Held, Place>): GPUBuffer[] {
  const { sizes, places: indices } = shareBuffers(held);
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffers = sizes.map((size) => device.createBuffer({ label: 'plan', size, usage }));
  held.forEach((one, i) => places.set(one, { buffer: buffers[indices[i]!]!, offset: 0 }));
  return buffers;
}

/** One buffer for all constants of a usage; equal small ones once. */
function placeConstants(
  device: GPUDevice,
  held: readonly Held[],
  usage: GPUBufferUsageFlags,
  places: Map<Held, Place>,
): GPUBuffer[] {
  const chosen = held.filter((one) => one.usage & usage);
  if (chosen.length === 0) return [];
  const { minUniformBufferOffsetAlignment, minStorageBufferOffsetAlignment } = device.limits;
  const unit = usage === GPUBufferUsage.UNIFORM ? minUniformBufferOffsetAlignment : minStorageBufferOffsetAlignment;
  const offsets = new Map<string, number>();
  const unique: { offset: number; content: Uint8Array<ArrayBuffer> }[] = [];
  let end = 0;
  const placed = chosen.map(({ content, size }) => {
    const key = size <= unit ? content!.join() : `large ${end}`;
    const known = offsets.get(key);
    if (known !== undefined) return known;
    const offset = end;
    offsets.set(key, offset);
    unique.push({ offset, content: content! });
    end = roundUp(offset + size, unit);
    return offset;
  });
  const buffer = device.createBuffer({
    label: 'plan constants',
    size: end,
    usage: usage | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
  });
  for (const { offset, content } of unique) device.queue.writeBuffer(buffer, offset, content);
  chosen.forEach((one, i) => places.set(one, { buffer, offset: placed[i]! }));
  return [buffer];
}

const restore = ({ size }: Held, from: Place, to: Place): Step => ({
  kind: 'copy',
  from: from.buffer,
  fromOffset: from.offset,
  to: to.buffer,
  toOffset: to.offset,
  size,
});

function stepOf(device: GPUDevice, command: Command, places: ReadonlyMap<Held, Place>): Step {
  if (command.kind === 'dispatch') {
    const { pipeline, groups } = command;
    const entries = command.bound.map(({ binding, held, offset, size }) => {
      const place = places.get(held)!;
      return { binding, resource: { buffer: place.buffer, offset: place.offset + offset, size } };
    });
    return {
      kind: 'dispatch',
      pipeline,
      groups,
      group: device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }),
    };
  }
  if (command.kind === 'clear') {
    const { buffer, offset } = places.get(command.held)!;
    return { kind: 'clear', buffer, offset: offset + command.offset, size: command.size };
  }
  const [from, to] = [places.get(command.from)!, places.get(command.to)!];
  const { size, fromOffset, toOffset } = command;
  return {
    kind: 'copy',
    from: from.buffer,
    fromOffset: from.offset + fromOffset,
    to: to.buffer,
    toOffset: to.offset + toOffset,
    size,
  };
}
