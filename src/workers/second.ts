/**
 * A second model beside the current one, for comparing the two: on the same device, loaded until another is asked for or the
 * comparison ends. It outlives a lost device as the current one does.
 */
import type { ImageDetections } from '../lib/types';
import { Engine, type EngineDevice } from './engine';
import type { Turn } from './jobs';
import type { DeviceInfo, HereSource, SecondDetections } from './protocol';
import { openSource, type OpenOptions } from './sources';

interface Loaded {
  key: string;
  engine: Engine;
  checkpoint: Awaited<ReturnType<typeof openSource>>;
  /** The device its tensors are on. */
  device: DeviceInfo | undefined;
}

interface SecondParts {
  /** The engine of the current model, which owns the device. */
  primary(): Engine;
  turn: Turn;
  options(signal: AbortSignal): OpenOptions;
}

/** The primary engine's device: opening it anew brings the current model back, too, and tells the page. */
function sharedDevice(primary: () => Engine): EngineDevice {
  const owner = (): EngineDevice => primary().device;
  return {
    get info() {
      return owner().info;
    },
    get gpu() {
      return owner().gpu;
    },
    get budget() {
      return owner().budget;
    },
    open: () => primary().rebuild(),
    settle: () => owner().settle(),
    guard: (work) => owner().guard(work),
    memory: () => owner().memory(),
    destroy: () => owner().destroy(),
  };
}

export class SecondModel {
  private loaded: Loaded | undefined;

  constructor(private readonly parts: SecondParts) {}

  /**
   * Takes a turn on the GPU with model `source`.
   * @throws DetectorError where it cannot be opened, `cancelled`, and what `work` throws
   */
  async use<T>(source: HereSource, signal: AbortSignal, work: (engine: Engine) => Promise<T>): Promise<T> {
    const key = JSON.stringify(source);
    // Opened before the turn: a run's weights take turns of their own while they are put together.
    const checkpoint =
      this.loaded?.key === key ? this.loaded.checkpoint : await openSource(source, this.parts.options(signal));
    return this.parts.turn.take(async () => {
      signal.throwIfAborted();
      const engine = await this.ready(key, checkpoint);
      try {
        return await work(engine);
      } finally {
        // A device lost meanwhile has been replaced by the engine itself.
        if (this.loaded) this.loaded.device = engine.device.info;
      }
    });
  }

  /** @throws DetectorError as `use` and as Engine.detect */
  async detect(source: HereSource, image: Blob, name: string, signal: AbortSignal): Promise<SecondDetections> {
    return this.use(source, signal, async (engine) => {
      const detections: ImageDetections = await engine.detect(image, name, signal);
      return { model: engine.model, detections };
    });
  }

  /** Frees the model. */
  async end(): Promise<void> {
    await this.parts.turn.take(async () => this.drop());
  }

  private drop(): void {
    this.loaded?.engine.drop();
    this.loaded = undefined;
  }

  /** The engine with this model on today's device, its kernels compiled. */
  private async ready(key: string, checkpoint: Loaded['checkpoint']): Promise<Engine> {
    const device = this.parts.primary().device.info;
    if (this.loaded?.key === key && this.loaded.device === device) return this.loaded.engine;
    this.drop();
    // The page hears of the device from the primary engine.
    const engine = new Engine(sharedDevice(this.parts.primary), () => undefined);
    engine.use(checkpoint);
    this.loaded = { key, engine, checkpoint, device };
    await engine.warmUp();
    return engine;
  }
}
