/**
 * Transformed filters, kept from call to call: a model's filters change only while it is trained, and then in place, in
 * tensors of `deviceCopy`. Those are transformed at every call. What is kept goes with its filter, or when memory is short.
 */
import { env, util, type DataId, type TensorInfo } from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { mayBeWritten } from '../../adamw/device-copy';

/** By the filter's numbers, the one used longest ago first. */
type Kept = Map<DataId, TensorInfo>;

const ofBackend = new WeakMap<WebGPUBackend, Kept>();

/** The backend's kept filters; the first call makes disposing of a filter free what is kept of it. */
function keptBy(backend: WebGPUBackend): Kept {
  const known = ofBackend.get(backend);
  if (known) return known;
  const kept: Kept = new Map();
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
  const info = kept.get(dataId) ?? transform();
  kept.delete(dataId);
  kept.set(dataId, info);
  return { info, kept: true };
}

const bytesOf = ({ shape, dtype }: TensorInfo): number => util.sizeFromShape(shape) * util.bytesPerElement(dtype);

/** Bytes of the kept filters, among those that TF.js counts. */
export function keptFilterBytes(backend: WebGPUBackend): number {
  return [...(ofBackend.get(backend)?.values() ?? [])].reduce((sum, info) => sum + bytesOf(info), 0);
}

/**
 * Lets go of filters that no plan reads, those used longest ago first, until so many bytes are free or none is left. Call it
 * between two pieces of work; who needs one again transforms it again.
 */
export function freeKeptFilters(backend: WebGPUBackend, bytes: number): void {
  const kept = ofBackend.get(backend) ?? new Map<DataId, TensorInfo>();
  let left = bytes;
  for (const [dataId, info] of kept) {
    if (left <= 0) return;
    // A plan counts as a reader of its own.
    if (backend.refCount(info.dataId) > 1) continue;
    left -= bytesOf(info);
    kept.delete(dataId);
    backend.disposeData(info.dataId, true);
  }
}
