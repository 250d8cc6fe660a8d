/**
 * Transformed filters, kept from call to call: a model's filters change only while it is trained, and then in place, in
 * tensors of `deviceCopy`. Those are transformed at every call. What is kept goes with its filter.
 */
import { env, type TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { mayBeWritten } from '../../adamw/device-copy';

type Kept = WeakMap<TensorInfo['dataId'], TensorInfo>;

const ofBackend = new WeakMap<WebGPUBackend, Kept>();

/** The backend's kept filters; the first call makes disposing of a filter free what is kept of it. */
function keptBy(backend: WebGPUBackend): Kept {
  const known = ofBackend.get(backend);
  if (known) return known;
  const kept: Kept = new WeakMap();
  const dispose = backend.disposeData.bind(backend);
  backend.disposeData = (dataId, force) => {
    const gone = dispose(dataId, force);
    const transformed = gone ? kept.get(dataId) : undefined;
    if (transformed) {
      kept.delete(dataId);
      dispose(transformed.dataId, true);
    }
    return gone;
  };
  ofBackend.set(backend, kept);
  return kept;
}

/** Pipelines are being made and nothing runs: what would be kept now has no numbers. */
const onlyCompiles = (): boolean => env().getBool('WEBGPU_ENGINE_COMPILE_ONLY');

/** @returns the transformed filter; where it is not kept it is the caller's to free */
export function keptFilter(
  backend: WebGPUBackend,
  { dataId }: TensorInfo,
  transform: () => TensorInfo,
): { info: TensorInfo; kept: boolean } {
  if (mayBeWritten(dataId) || onlyCompiles()) return { info: transform(), kept: false };
  const kept = keptBy(backend);
  const known = kept.get(dataId);
  if (known) return { info: known, kept: true };
  const info = transform();
  kept.set(dataId, info);
  return { info, kept: true };
}
