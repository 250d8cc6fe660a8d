/** The three small programs of the roofline measurement, and their commands. */
import { expandTemplate } from '../template';
import multiplyAddCode from './multiply-add.wgsl?raw';
import touchCode from './touch.wgsl?raw';
import triadCode from './triad.wgsl?raw';

export type Precision = 'f32' | 'f16';

/** Invocations of a workgroup; chains a register file holds easily; steps between two looks at the loop's counter. */
const GROUP = 64;
const CHAINS = 8;
const UNROLLED = 8;
/** Invocations of the arithmetic: enough to fill large GPUs several times over. */
const INVOCATIONS = 2 ** 17;
const SOFTWARE_INVOCATIONS = 2 ** 10;
const MOST_GROUPS_X = 32_768;

export interface Runnable {
  /** Records `times` repetitions in one pass. */
  encode(pass: GPUComputePassEncoder, times: number): void;
  /** Of one repetition: operations or bytes. */
  amount: number;
  /** As they are bound: the first is what it writes. */
  buffers: readonly [GPUBuffer, ...GPUBuffer[]];
  destroy(): void;
}

function pipelineOf(device: GPUDevice, label: string, code: string): Promise<GPUComputePipeline> {
  const module = device.createShaderModule({ label, code });
  return device.createComputePipelineAsync({ label, layout: 'auto', compute: { module } });
}

const storage = (device: GPUDevice, size: number): GPUBuffer =>
  device.createBuffer({
    label: 'roofline',
    size,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });

function bound(device: GPUDevice, pipeline: GPUComputePipeline, buffers: readonly GPUBuffer[]): GPUBindGroup {
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  return device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
}

function runnable(
  pipeline: GPUComputePipeline,
  group: GPUBindGroup,
  groups: readonly [number, number],
  amount: number,
  buffers: readonly [GPUBuffer, ...GPUBuffer[]],
): Runnable {
  return {
    amount,
    buffers,
    encode: (pass, times) => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      for (let time = 0; time < times; time++) pass.dispatchWorkgroups(...groups);
    },
    destroy: () => buffers.forEach((buffer) => buffer.destroy()),
  };
}

/** Multiply-adds in registers. @param rounds of 64 steps of four numbers in each invocation */
export async function multiplyAdd(
  device: GPUDevice,
  precision: Precision,
  software: boolean,
  rounds: number,
): Promise<Runnable> {
  const head = `${precision === 'f16' ? 'enable f16;\n' : ''}alias number = ${precision};\nconst GROUP = ${GROUP};\n`;
  const code = head + expandTemplate(multiplyAddCode, { CHAINS, UNROLLED });
  const pipeline = await pipelineOf(device, `multiply-add ${precision}`, code);
  const invocations = software ? SOFTWARE_INVOCATIONS : INVOCATIONS;
  const result = storage(device, invocations * 4);
  const uniform = device.createBuffer({ size: 16, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  device.queue.writeBuffer(uniform, 0, Uint32Array.of(rounds, 0, 0, 0));
  const buffers = [result, uniform] as const;
  const flops = invocations * rounds * CHAINS * UNROLLED * 4 * 2;
  return runnable(pipeline, bound(device, pipeline, buffers), [invocations / GROUP, 1], flops, buffers);
}

/** @param bytes of each of its three buffers, a multiple of 16 */
export async function triad(device: GPUDevice, bytes: number): Promise<Runnable> {
  const pipeline = await pipelineOf(device, 'triad', `const GROUP = ${GROUP}u;\n${triadCode}`);
  const buffers = [storage(device, bytes), storage(device, bytes), storage(device, bytes)] as const;
  const groups = Math.ceil(bytes / 16 / GROUP);
  const x = Math.min(groups, MOST_GROUPS_X);
  return runnable(pipeline, bound(device, pipeline, buffers), [x, Math.ceil(groups / x)], 3 * bytes, buffers);
}

/** One of `amount` is a dispatch. */
export async function touch(device: GPUDevice): Promise<Runnable> {
  const pipeline = await pipelineOf(device, 'touch', touchCode);
  const result = storage(device, 4);
  return runnable(pipeline, bound(device, pipeline, [result]), [1, 1], 1, [result]);
}
