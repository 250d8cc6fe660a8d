/** The worker's device: opened once, opened again when it is lost, WebAssembly where there is no WebGPU. */
import * as tf from '@tensorflow/tfjs-core';
import { limitsOf, openWebGpu, type OpenedDevice } from '../kernels/backend';
import { BufferPool } from '../kernels/buffer-pool';
import { freeKeptFilters, keptFilterBytes } from '../kernels/conv2d/winograd/filters';
import { resizeDevice } from '../kernels/resize/device';
import { submit } from '../kernels/submit';
import { DetectorError, toAppError, type AppError } from '../lib/errors';
import { usualBudget } from '../lib/memory-budget';
import { Budget } from './budget';
import type { AdapterPreference, BackendName, DeviceInfo, MemoryInfo, OnEvent } from './protocol';

/** How long a failed job waits for the news that the device is gone: the failure may come first. */
const NEWS_OF_LOSS_MS = 250;

const MEANWHILE = 'Until then everything runs in WebAssembly, on the CPU.';

export class DeviceOwner {
  info: DeviceInfo | undefined;
  /** Kept at the end of each `guard`. */
  readonly budget = new Budget(
    () => gpuBytes().allocated,
    () => usualBudget(this.info?.limits ?? {}),
  );
  private opened: OpenedDevice | undefined;
  private pool: BufferPool | undefined;
  private lost: Promise<string> = new Promise(() => undefined);
  private faults: string[] = [];

  constructor(
    private readonly adapter: AdapterPreference,
    private readonly backend: 'auto' | BackendName,
    private readonly onEvent: OnEvent,
  ) {
    this.budget.hold({ kind: 'pool', outside: () => 0, free: (bytes) => this.pool?.trim(bytes) });
    this.budget.hold({ kind: 'filters', outside: () => 0, free: (bytes) => this.freeFilters(bytes) });
    this.budget.hold({
      kind: 'caches',
      outside: () => (this.opened ? resizeDevice(this.opened.device).bytes : 0),
      free: () => this.opened && resizeDevice(this.opened.device).free(),
    });
  }

  /** Undefined without WebGPU. */
  get gpu(): OpenedDevice | undefined {
    return this.opened;
  }

  /** Opens WebGPU, or WebAssembly where that fails and the person did not insist. */
  async open(): Promise<DeviceInfo> {
    if (this.backend === 'wasm') return this.openFallback();
    try {
      return await this.openGpu();
    } catch (thrown) {
      if (this.backend === 'webgpu') throw thrown;
      const reason = toAppError(thrown, 'WebGPU');
      return this.openFallback({ ...reason, hint: [reason.hint, MEANWHILE].filter(Boolean).join(' ') });
    }
  }

  private async openGpu(): Promise<DeviceInfo> {
    let tellLost: (reason: string) => void = () => undefined;
    this.lost = new Promise((resolve) => (tellLost = resolve));
    this.faults = [];
    const opened = await openWebGpu(this.adapter, {
      onLost: (reason) => tellLost(reason),
      onFault: (message) => {
        this.faults.push(message);
        this.onEvent({ type: 'fault', error: { code: 'device', subject: 'WebGPU', message } });
      },
    });
    this.opened = opened;
    this.pool = new BufferPool(opened.backend);
    const { info, device } = opened;
    this.info = {
      backend: 'webgpu',
      adapter: info.description || [info.vendor, info.architecture].filter(Boolean).join(' ') || 'unnamed GPU',
      vendor: info.vendor,
      architecture: info.architecture,
      software: opened.software,
      features: [...device.features].sort(),
      limits: limitsOf(device.limits),
    };
    return this.info;
  }

  private async openFallback(reason?: AppError): Promise<DeviceInfo> {
    const { openWasm } = await import('../kernels/wasm');
    const adapter = await openWasm();
    this.opened = undefined;
    this.pool = undefined;
    const info: DeviceInfo = {
      backend: 'wasm',
      adapter,
      vendor: '',
      architecture: '',
      software: true,
      features: [],
      limits: {},
    };
    this.info = reason ? { ...info, fallbackReason: reason } : info;
    return this.info;
  }

  /** Waits until the GPU has done what it was given, so that a stage's time is its own. */
  async settle(): Promise<void> {
    if (!this.opened) return;
    const { backend, device } = this.opened;
    submit(backend);
    await device.queue.onSubmittedWorkDone();
  }

  /**
   * Runs GPU work; a validation error during it is its failure, not a silent wrong answer.
   * @returns the work's value, or 'lost' when the device went away meanwhile
   */
  async guard<T>(work: () => Promise<T>): Promise<{ value: T } | 'lost'> {
    const before = this.faults.length;
    const lost = this.lost.then(() => 'lost' as const);
    try {
      const done = await Promise.race([work().then((value) => ({ value })), lost]);
      const fault = this.faults[before];
      if (done !== 'lost' && fault) throw new DetectorError('device', 'WebGPU', fault);
      if (done !== 'lost') {
        this.pool?.endRound();
        this.budget.keep();
      }
      return done;
    } catch (thrown) {
      const grace = new Promise<'alive'>((resolve) => setTimeout(() => resolve('alive'), NEWS_OF_LOSS_MS));
      if ((await Promise.race([lost, grace])) === 'lost') return 'lost';
      throw thrown;
    }
  }

  /** With the buffers that they leave to the pool. */
  private freeFilters(bytes: number): void {
    if (this.opened) freeKeptFilters(this.opened.backend, bytes);
    this.pool?.trim(bytes);
  }

  /** Ends the device as a crash of the driver would. */
  destroy(): void {
    this.opened?.device.destroy();
  }

  memory(): MemoryInfo {
    const { numTensors, numBytes } = tf.memory();
    const { allocated, used } = gpuBytes();
    return {
      tensors: numTensors,
      bytes: numBytes,
      gpuBytes: this.budget.used,
      freeBytes: allocated - used,
      planBytes: this.budget.of('plans'),
      filterBytes: this.opened ? keptFilterBytes(this.opened.backend) : 0,
      budget: this.budget.limit,
    };
  }
}

/** Bytes of TF.js's buffers on the GPU, and of those that hold tensors; 0 without WebGPU. */
function gpuBytes(): { allocated: number; used: number } {
  const { numBytesAllocatedInGPU: allocated = 0, numBytesInGPU: used = 0 } = tf.memory() as tf.MemoryInfo & {
    numBytesAllocatedInGPU?: number;
    numBytesInGPU?: number;
  };
  return { allocated, used };
}
