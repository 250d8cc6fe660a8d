/**
 * The optimiser's pipelines on one device. Own pipelines, not TF.js programs: a TF.js program has one output and no tensor
 * that it reads and writes. TF.js's waiting commands are submitted first, so ours come after them in the queue.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { expectThat } from '../shapes';
import { expandTemplate } from '../template';
import { busyInvocations } from '../tiling';
import adamwCode from './adamw.wgsl?raw';
import controlCode from './control.wgsl?raw';
import { submit } from '../submit';
import { bufferOf } from './device-copy';
import { NORM_EPSILON } from './reference';
import squaresCode from './squares.wgsl?raw';
import type { AdamWOptions, AdamWSlot } from './types';

const GROUP = 64;
const CONTROL = 3;
/** Numbers that one invocation should at least add up. */
const SHORTEST_SUM = 16;

/** A dispatch of one pass: what is bound, in order. */
interface Dispatch {
  pipeline: GPUComputePipeline;
  /** Numbers of the uniform, as their bits. */
  numbers: Uint32Array<ArrayBuffer>;
  /** The uniform's binding. */
  uniformAt: number;
  buffers: GPUBuffer[];
  groups: number;
}

/** Fields of a WGSL struct of u32 and f32: whole counts first. */
function packed(counts: number[], floats: number[]): Uint32Array<ArrayBuffer> {
  const bits = new Uint32Array(counts.length + floats.length);
  bits.set(counts);
  new Float32Array(bits.buffer).set(floats, counts.length);
  return bits;
}

export class AdamWDevice {
  private readonly pipelines = new Map<string, GPUComputePipeline>();
  private uniforms: GPUBuffer | null = null;

  constructor(private readonly backend: WebGPUBackend) {}

  /** See `gradientNorm`. */
  norm(gradients: readonly tf.Tensor[], maxNorm: number, loss: tf.Scalar): tf.Tensor1D {
    const { backend } = this;
    let total = 0;
    const sums = gradients.map(({ size }) => {
      const own = Math.min(Math.ceil(size / SHORTEST_SUM), busyInvocations(backend));
      const first = total;
      total += own;
      return { first, own };
    });
    const [parts, control] = [this.empty(Math.max(1, total)), this.empty(CONTROL)];
    const pipeline = this.pipelineOf('squares', squaresCode, { GROUP });
    const dispatches = gradients.map((gradient, at): Dispatch => {
      const { first, own } = sums[at]!;
      const numbers = packed([gradient.size, first, own], []);
      const buffers = [bufferOf(this.backend, gradient), bufferOf(this.backend, parts)];
      return { pipeline, numbers, uniformAt: 0, buffers, groups: Math.ceil(own / GROUP) };
    });
    dispatches.push({
      pipeline: this.pipelineOf('control', controlCode, { GROUP, NORM_EPSILON }),
      numbers: packed([total], [maxNorm]),
      uniformAt: 0,
      buffers: [bufferOf(this.backend, parts), bufferOf(this.backend, loss), bufferOf(this.backend, control)],
      groups: 1,
    });
    this.submit(dispatches);
    parts.dispose();
    return control as tf.Tensor1D;
  }

  /** See `adamw`. */
  step(slots: readonly AdamWSlot[], control: tf.Tensor1D, options: AdamWOptions): void {
    const { rates, decays, beta1, beta2, epsilon, step, emaDecay } = options;
    const most = this.backend.device.limits.maxComputeWorkgroupsPerDimension;
    const [correction, rootCorrection] = [1 - beta1 ** step, Math.sqrt(1 - beta2 ** step)];
    const dispatches = slots.map(({ parameter, gradient, m, v, ema }, at): Dispatch => {
      const [rate, decay] = [rates[at]!, decays[at]!];
      const moments = [beta1, beta2, 1 - beta1, 1 - beta2, epsilon];
      const floats = [rate / correction, 1 - rate * decay, rootCorrection, ...moments, 1 - emaDecay];
      const written = ema ? [parameter, m, v, ema] : [parameter, m, v];
      return {
        pipeline: this.pipelineOf(ema ? 'adamw-ema' : 'adamw', adamwCode, { GROUP, EMA: ema !== undefined }),
        numbers: packed([parameter.size], floats),
        uniformAt: 1,
        buffers: [
          bufferOf(this.backend, control),
          bufferOf(this.backend, gradient),
          ...written.map((tensor) => this.writable(tensor)),
        ],
        groups: Math.min(Math.ceil(parameter.size / GROUP), most),
      };
    });
    this.submit(dispatches);
  }

  private pipelineOf(label: string, code: string, constants: Record<string, number | boolean>): GPUComputePipeline {
    const known = this.pipelines.get(label);
    if (known) return known;
    const { device } = this.backend;
    const head = Object.entries(constants)
      .filter(([, value]) => typeof value === 'number')
      .map(([name, value]) => `const ${name} = ${String(value)};\n`)
      .join('');
    const module = device.createShaderModule({ label, code: head + expandTemplate(code, constants) });
    const pipeline = device.createComputePipeline({ label, layout: 'auto', compute: { module } });
    this.pipelines.set(label, pipeline);
    return pipeline;
  }

  /** A tensor of `count` numbers that are not set. */
  private empty(count: number): tf.Tensor {
    return tf.engine().makeTensorFromTensorInfo(this.backend.makeTensorInfo([count], 'float32'));
  }

  private writable(tensor: tf.Tensor): GPUBuffer {
    const held = this.backend.tensorMap.get(tensor.dataId);
    const alone = !held.values && Boolean(held.resource);
    expectThat('adamw', alone, 'expected tensors of deviceCopy, got one whose numbers JavaScript holds');
    return held.resource as GPUBuffer;
  }

  private submit(dispatches: readonly Dispatch[]): void {
    const { backend } = this;
    const { device } = backend;
    const align = device.limits.minUniformBufferOffsetAlignment;
    // Some adapters align to fewer bytes than the numbers of one dispatch take.
    const longest = Math.max(...dispatches.map(({ numbers }) => numbers.byteLength));
    const stride = Math.ceil(longest / align) * align;
    const bits = new Uint32Array((dispatches.length * stride) / 4);
    dispatches.forEach(({ numbers }, at) => bits.set(numbers, (at * stride) / 4));
    const uniforms = this.uniformsOf(bits.byteLength);
    submit(backend);
    device.queue.writeBuffer(uniforms, 0, bits);
    const encoder = device.createCommandEncoder({ label: 'adamw' });
    const pass = encoder.beginComputePass();
    dispatches.forEach(({ pipeline, numbers, uniformAt, buffers, groups }, at) => {
      const resources: GPUBufferBinding[] = buffers.map((buffer) => ({ buffer }));
      resources.splice(uniformAt, 0, { buffer: uniforms, offset: at * stride, size: numbers.byteLength });
      const entries = resources.map((resource, binding) => ({ binding, resource }));
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
      pass.dispatchWorkgroups(groups);
    });
    pass.end();
    device.queue.submit([encoder.finish()]);
  }

  private uniformsOf(bytes: number): GPUBuffer {
    if (this.uniforms && this.uniforms.size >= bytes) return this.uniforms;
    this.uniforms?.destroy();
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    this.uniforms = this.backend.device.createBuffer({ label: 'adamw', size: bytes, usage });
    return this.uniforms;
  }
}

const devices = new WeakMap<GPUDevice, AdamWDevice>();

/** The optimiser of a device, made at its first use; a device that is lost takes everything of it along. */
export function adamwDevice(backend: WebGPUBackend): AdamWDevice {
  const known = devices.get(backend.device);
  if (known) return known;
  const made = new AdamWDevice(backend);
  devices.set(backend.device, made);
  return made;
}
