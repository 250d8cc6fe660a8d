/**
 * Safetensors files, in and out. A read file stays one buffer; values are views of it where their alignment allows.
 * Assumes a little-endian machine, as every one with WebGPU is.
 */
import { DetectorError } from '../lib/errors';
import type { TensorSource } from '../lib/tensor-source';
import { bf16ToF32, f16ToF32 } from './halves';
import { DTYPE_BYTES, HeaderReader, type Dtype, type Header, type TensorEntry } from './safetensors-header';

export type { Dtype } from './safetensors-header';

export class Safetensors implements TensorSource {
  /** In the order of their bytes in the file. */
  readonly names: readonly string[];

  constructor(
    /** The file, for errors. */
    readonly name: string,
    private readonly bytes: ArrayBuffer,
    private readonly header: Header,
  ) {
    this.names = [...header.tensors.keys()];
  }

  /** The header's `__metadata__`; empty where there is none. */
  get metadata(): Readonly<Record<string, string>> {
    return this.header.metadata;
  }

  /** Bytes of the whole file. */
  get byteLength(): number {
    return this.bytes.byteLength;
  }

  /** The file as it is, to be read only. */
  get whole(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.bytes);
  }

  has(tensor: string): boolean {
    return this.header.tensors.has(tensor);
  }

  shape(tensor: string): readonly number[] {
    return this.entry(tensor).shape;
  }

  dtype(tensor: string): Dtype {
    return this.entry(tensor).dtype;
  }

  /** The tensor's bytes as they stand in the file: a view, to be read only. */
  raw(tensor: string): Uint8Array<ArrayBuffer> {
    const { begin, end } = this.entry(tensor);
    return new Uint8Array(this.bytes, this.header.dataStart + begin, end - begin);
  }

  /**
   * Values of F32, F16, BF16 or F64 (rounded) as float32, row-major. F32 may be a view of the file: to be read only.
   * @throws DetectorError `checkpoint` for a missing tensor or another dtype
   */
  float32(tensor: string): Float32Array<ArrayBuffer> {
    const dtype = this.dtype(tensor);
    if (dtype === 'F32') return this.view(tensor, Float32Array);
    if (dtype === 'F16') return f16ToF32(this.view(tensor, Uint16Array));
    if (dtype === 'BF16') return bf16ToF32(this.view(tensor, Uint16Array));
    if (dtype === 'F64') return Float32Array.from(this.view(tensor, Float64Array));
    return this.fail(tensor, 'F32, F16, BF16 or F64', dtype);
  }

  /** Values of I64, row-major; may be a view of the file. */
  int64(tensor: string): BigInt64Array<ArrayBuffer> {
    const dtype = this.dtype(tensor);
    return dtype === 'I64' ? this.view(tensor, BigInt64Array) : this.fail(tensor, 'I64', dtype);
  }

  private entry(tensor: string): TensorEntry {
    const entry = this.header.tensors.get(tensor);
    if (!entry)
      throw new DetectorError('checkpoint', this.name, `tensor "${tensor}": expected it in the file, it is not there`);
    return entry;
  }

  private fail(tensor: string, expected: string, got: Dtype): never {
    throw new DetectorError('checkpoint', this.name, `tensor "${tensor}": expected dtype ${expected}, got ${got}`);
  }

  private view<T>(tensor: string, type: TypedArray<T>): T {
    const raw = this.raw(tensor);
    const length = raw.byteLength / type.BYTES_PER_ELEMENT;
    // A typed array must begin at a multiple of its element size; the format does not promise that.
    const aligned = raw.byteOffset % type.BYTES_PER_ELEMENT === 0;
    return aligned ? new type(this.bytes, raw.byteOffset, length) : new type(raw.slice().buffer, 0, length);
  }
}

interface TypedArray<T> {
  new (buffer: ArrayBuffer, offset: number, length: number): T;
  readonly BYTES_PER_ELEMENT: number;
}

/**
 * Opens a file that is in memory; `name` is for errors.
 * @throws DetectorError `checkpoint` naming file and tensor, what was expected and what came
 */
export function readSafetensors(bytes: ArrayBuffer, name: string): Safetensors {
  return new Safetensors(name, bytes, new HeaderReader(bytes, name).read());
}

/** A tensor to be written. `data` holds its elements row-major, as bits: F16 as a Uint16Array or bytes, for example. */
export interface TensorData {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: ArrayBufferView;
}

/**
 * A safetensors file. Tensors with wide elements come first, else in the order given: every one is then aligned, and
 * what `readSafetensors` gave is written back bit for bit.
 * @throws DetectorError `internal` where the bytes do not fit dtype and shape
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, TensorData>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const ordered = [...tensors].sort(([, a], [, b]) => DTYPE_BYTES[b.dtype] - DTYPE_BYTES[a.dtype]);
  const header: [string, unknown][] = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [];
  let end = 0;
  for (const [name, { dtype, shape, data }] of ordered) {
    const needed = shape.reduce((product, side) => product * side, 1) * DTYPE_BYTES[dtype];
    if (needed !== data.byteLength) {
      throw new DetectorError(
        'internal',
        name,
        `expected ${needed} bytes for ${dtype} [${shape.join(', ')}], got ${data.byteLength}`,
      );
    }
    header.push([name, { dtype, shape, data_offsets: [end, end + needed] }]);
    end += needed;
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const dataStart = 8 + Math.ceil(text.length / 8) * 8;
  const out = new Uint8Array(dataStart + end);
  new DataView(out.buffer).setBigUint64(0, BigInt(dataStart - 8), true);
  out.fill(0x20, 8, dataStart);
  out.set(text, 8);
  let at = dataStart;
  for (const [, { data }] of ordered) {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return out;
}
