/**
 * Listens to what TF.js and our kernels hand to the device, and keeps it in the place of the device: while a capture runs no
 * program is executed. What the CPU uploads is kept as constants; tensors that stay after it are uploaded as ever.
 */
import type { DataId } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { currentScope } from '../scope';
import { submit } from '../submit';
import type { BoundBuffer, Command, Held } from './commands';
import { overridden } from './override';
import { internalsOf, type Internals } from './tfjs';

/** The program that runs now, as TF.js was asked for it. */
interface Running {
  kernel: string;
  flops: number;
}

/** Our programs' keys begin with their name (and variant) and a semicolon, TF.js's with a word. */
const nameOf = (shaderKey: string): string => /^(Step[^;]*|[A-Za-z]+)/.exec(shaderKey)?.[0] ?? shaderKey;

export class Capture {
  readonly commands: Command[] = [];
  /** Data behind lasting buffers: a plan must keep it from being freed. */
  readonly data = new Map<GPUBuffer, DataId>();
  /** Why there can be no plan. */
  problem: string | undefined;
  private readonly internals: Internals;
  /** Taken from the pool during the capture and not given back yet. */
  private readonly taken = new Map<GPUBuffer, Held>();
  /** There before. */
  private readonly outside = new Map<GPUBuffer, Held>();
  /** Taken and given back: nothing was ever computed in them. */
  readonly unused = new WeakSet<GPUBuffer>();
  private readonly groups = new WeakMap<GPUBindGroup, readonly BoundBuffer[]>();
  private running: Running | undefined;

  constructor(private readonly backend: WebGPUBackend) {
    this.internals = internalsOf(backend);
  }

  /** Runs `work`, keeping its commands. */
  during<T>(work: () => T): T {
    const { backend, internals } = this;
    submit(backend);
    const { device } = backend;
    const restore = [
      overridden(internals, 'runWebGPUProgram', (run) => this.onProgram(run)),
      overridden(internals.bufferManager, 'acquireBuffer', (acquire) => this.onAcquire(acquire)),
      overridden(internals.bufferManager, 'releaseBuffer', (release) => this.onRelease(release)),
      overridden(device, 'createBindGroup', () => (descriptor) => this.bindGroup(descriptor)),
      overridden(device, 'createCommandEncoder', (create) => (descriptor) => this.encoder(create(descriptor))),
      overridden(
        device.queue,
        'writeBuffer',
        () =>
          (...args) =>
            this.written(...args),
      ),
    ];
    try {
      const result = work();
      submit(backend);
      return result;
    } finally {
      restore.forEach((undo) => undo());
    }
  }

  heldOf(buffer: GPUBuffer): Held {
    const held = this.taken.get(buffer) ?? this.outside.get(buffer);
    if (held) return held;
    const made = newHeld(buffer);
    this.outside.set(buffer, made);
    return made;
  }

  private fail(why: string): void {
    this.problem ??= why;
  }

  private onProgram(run: Internals['runWebGPUProgram']): Internals['runWebGPUProgram'] {
    return (program, inputs, ...rest) => {
      this.running = { kernel: nameOf(program.shaderKey), flops: program.flops ?? 0 };
      const output = run(program, inputs, ...rest);
      this.running = undefined;
      for (const { dataId } of [...inputs, output]) {
        const resource: unknown = this.backend.tensorMap.get(dataId)?.resource;
        if (resource instanceof GPUBuffer) this.data.set(resource, dataId);
      }
      return output;
    };
  }

  private onAcquire(acquire: Internals['bufferManager']['acquireBuffer']): typeof acquire {
    return (...args) => {
      const buffer = acquire(...args);
      const held = newHeld(buffer);
      this.taken.set(buffer, held);
      if (buffer.mapState === 'mapped') keepMapped(buffer, held);
      return buffer;
    };
  }

  private onRelease(release: Internals['bufferManager']['releaseBuffer']): typeof release {
    return (buffer, reuse) => {
      release(buffer, reuse);
      const held = this.taken.get(buffer);
      if (held) {
        held.lasting = false;
        this.unused.add(buffer);
      }
      if (!held && this.outside.has(buffer)) this.fail('it frees a tensor that was there before');
      this.taken.delete(buffer);
    };
  }

  private bindGroup({ entries }: GPUBindGroupDescriptor): GPUBindGroup {
    const bound: BoundBuffer[] = [];
    for (const { binding, resource } of entries) {
      if (!('buffer' in resource) || !(resource.buffer instanceof GPUBuffer)) {
        this.fail('it reads a texture');
        continue;
      }
      const { buffer, offset = 0, size = buffer.size - offset } = resource as GPUBufferBinding;
      // TF.js binds the result first; of pipelines that are not TF.js's every buffer may be one.
      const held = this.heldOf(buffer);
      const writable = !(held.usage & GPUBufferUsage.UNIFORM) && (!this.running || binding === 0);
      bound.push({ binding, held, offset, size, writable });
    }
    // Nothing executes it: it stands for its entries.
    const group = {} as GPUBindGroup;
    this.groups.set(group, bound);
    return group;
  }

  /** The encoder, whose compute passes and copies are kept instead of recorded. */
  private encoder(encoder: GPUCommandEncoder): GPUCommandEncoder {
    const copy = encoder.copyBufferToBuffer.bind(encoder) as CopyBuffers;
    encoder.beginComputePass = () => this.pass();
    encoder.copyBufferToBuffer = ((...args: Parameters<CopyBuffers>) => {
      if (!this.copied(...args)) copy(...args);
    }) as typeof encoder.copyBufferToBuffer;
    encoder.clearBuffer = (buffer, offset = 0, size = buffer.size - offset) => {
      this.add({ kind: 'clear', held: this.heldOf(buffer), offset, size });
    };
    return encoder;
  }

  private pass(): GPUComputePassEncoder {
    let pipeline: GPUComputePipeline | undefined;
    let bound: readonly BoundBuffer[] = [];
    const pass = {
      setPipeline: (next: GPUComputePipeline) => (pipeline = next),
      setBindGroup: (_index: number, group: GPUBindGroup) => (bound = this.groups.get(group) ?? []),
      dispatchWorkgroups: (x: number, y = 1, z = 1) => this.dispatched(pipeline!, bound, [x, y, z]),
      end: () => undefined,
    };
    return pass as unknown as GPUComputePassEncoder;
  }

  private dispatched(
    pipeline: GPUComputePipeline,
    bound: readonly BoundBuffer[],
    groups: readonly [number, number, number],
  ): void {
    const { kernel, flops } = this.running ?? { kernel: pipeline.label || 'unnamed', flops: 0 };
    const storage = bound.filter(({ held }) => !(held.usage & GPUBufferUsage.UNIFORM));
    const bytes = storage.reduce((sum, { size }) => sum + size, 0);
    this.add({ kind: 'dispatch', kernel, scope: currentScope(), groups, bytes, flops, pipeline, bound });
    for (const { held, writable } of storage) if (writable) held.written = true;
  }

  /** @returns whether the copy is kept rather than executed now */
  private copied(source: GPUBuffer, fromOffset: number, target: GPUBuffer, toOffset: number, size: number): boolean {
    const [from, to] = [this.heldOf(source), this.heldOf(target)];
    if (target.usage & GPUBufferUsage.MAP_READ) this.fail('it reads back in its middle');
    if (from.content && source.usage & GPUBufferUsage.MAP_WRITE) {
      this.constant(to, toOffset, from.content.subarray(fromOffset, fromOffset + size));
      return false;
    }
    this.add({ kind: 'copy', from, fromOffset, to, toOffset, size });
    to.written = true;
    return true;
  }

  /** As GPUQueue.writeBuffer. */
  private written(
    buffer: GPUBuffer,
    offset: number,
    data: BufferSource | SharedArrayBuffer,
    dataOffset = 0,
    size?: number,
  ): undefined {
    const unit = 'BYTES_PER_ELEMENT' in data ? (data.BYTES_PER_ELEMENT as number) : 1;
    const [memory, start, bytes] = ArrayBuffer.isView(data)
      ? [data.buffer, data.byteOffset, data.byteLength]
      : [data, 0, data.byteLength];
    const from = start + dataOffset * unit;
    const length = size === undefined ? bytes - dataOffset * unit : size * unit;
    this.constant(this.heldOf(buffer), offset, new Uint8Array(memory as ArrayBuffer, from, length));
  }

  private constant(held: Held, offset: number, bytes: Uint8Array): void {
    if (held.last >= 0) this.fail('the CPU writes into a buffer that commands have met');
    else if (this.outside.has(held.buffer)) this.fail('the CPU writes into a tensor that was there before');
    held.content ??= new Uint8Array(held.size);
    held.content.set(bytes, offset);
  }

  private add(command: Command): void {
    const index = this.commands.push(command) - 1;
    for (const held of buffersOf(command)) {
      if (held.first < 0) held.first = index;
      held.last = index;
    }
  }
}

type CopyBuffers = (from: GPUBuffer, fromOffset: number, to: GPUBuffer, toOffset: number, size: number) => void;

export function buffersOf(command: Command): Held[] {
  if (command.kind === 'dispatch') return command.bound.map(({ held }) => held);
  return command.kind === 'copy' ? [command.from, command.to] : [command.held];
}

const newHeld = (buffer: GPUBuffer): Held => ({
  buffer,
  size: buffer.size,
  usage: buffer.usage,
  lasting: true,
  first: -1,
  last: -1,
  written: false,
});

/** What is written into a mapped buffer is its content. */
function keepMapped(buffer: GPUBuffer, held: Held): void {
  let range: ArrayBuffer | undefined;
  const undoRange = overridden(
    buffer,
    'getMappedRange',
    (get) =>
      (...args) =>
        (range = get(...args)),
  );
  const undo = overridden(buffer, 'unmap', (unmap) => () => {
    if (range) held.content = new Uint8Array(range.slice(0));
    undoRange();
    undo();
    return unmap();
  });
}
