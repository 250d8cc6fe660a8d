/**
 * The header of a safetensors file, checked to the last byte: 8 bytes little-endian length N, N bytes of JSON, the data.
 * Format: https://github.com/huggingface/safetensors (README, "Format"). Every refusal names the file and the tensor.
 */
import { DetectorError } from '../lib/errors';
import { isObject, parseJsonObject, repeatedKeys } from './json';

/** Bytes of one element. */
export const DTYPE_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;
export type Dtype = keyof typeof DTYPE_BYTES;

export interface TensorEntry {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** First byte and the one after the last, counted from the start of the data. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their bytes in the file. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Where the data begins in the file. */
  readonly dataStart: number;
}

const LENGTH_BYTES = 8;
/** The same bound as the reference implementation: 100 MB. */
const LONGEST_HEADER = 100_000_000;
const METADATA = '__metadata__';

export class HeaderReader {
  constructor(
    private readonly bytes: ArrayBuffer,
    private readonly file: string,
  ) {}

  /** @throws DetectorError `checkpoint` */
  read(): Header {
    const dataStart = LENGTH_BYTES + this.headerLength();
    const text = this.headerText(dataStart);
    const json = parseJsonObject(text, `${this.file} (header)`, 'checkpoint');
    const [twice] = repeatedKeys(text);
    if (twice !== undefined) this.fail(`tensor "${twice}": expected it once in the header, got it more than once`);
    const dataBytes = this.bytes.byteLength - dataStart;
    const tensors = Object.entries(json)
      .filter(([name]) => name !== METADATA)
      .map(([name, entry]): [string, TensorEntry] => [name, this.entry(name, entry, dataBytes)])
      .sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
    this.checkCover(tensors, dataBytes);
    return { metadata: this.metadata(json[METADATA]), tensors: new Map(tensors), dataStart };
  }

  private fail(message: string): never {
    throw new DetectorError('checkpoint', this.file, message);
  }

  private headerLength(): number {
    const size = this.bytes.byteLength;
    if (size < LENGTH_BYTES) this.fail(`is no safetensors file: expected at least ${LENGTH_BYTES} bytes, got ${size}`);
    const length = new DataView(this.bytes).getBigUint64(0, true);
    if (length > LONGEST_HEADER) {
      this.fail(
        `is no safetensors file: expected a header of at most ${LONGEST_HEADER} bytes, its first 8 bytes say ${length}`,
      );
    }
    const room = size - LENGTH_BYTES;
    if (length > room)
      this.fail(`is cut short: its header should have ${length} bytes, the file has ${room} bytes after the first 8`);
    return Number(length);
  }

  private headerText(dataStart: number): string {
    const bytes = new Uint8Array(this.bytes, LENGTH_BYTES, dataStart - LENGTH_BYTES);
    if (bytes[0] !== 0x7b)
      this.fail(`is no safetensors file: expected its header to begin with "{", got byte ${bytes[0] ?? 'none'}`);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      return this.fail('expected a header in UTF-8, got other bytes');
    }
  }

  private metadata(value: unknown): Record<string, string> {
    if (value === undefined) return {};
    if (!isObject(value))
      return this.fail(`${METADATA}: expected an object, got ${JSON.stringify(value).slice(0, 40)}`);
    for (const [key, text] of Object.entries(value)) {
      if (typeof text !== 'string')
        this.fail(`${METADATA}.${key}: expected a text, got ${JSON.stringify(text).slice(0, 40)}`);
    }
    return value as Record<string, string>;
  }

  private entry(name: string, value: unknown, dataBytes: number): TensorEntry {
    const refuse = (what: string, expected: string, got: unknown): never =>
      this.fail(
        `tensor "${name}": ${what}: expected ${expected}, got ${JSON.stringify(got)?.slice(0, 80) ?? 'nothing'}`,
      );
    if (!isObject(value)) return refuse('header entry', 'an object', value);
    const { dtype, shape, data_offsets: offsets } = value;
    if (!isDtype(dtype)) return refuse('dtype', `one of ${Object.keys(DTYPE_BYTES).join(', ')}`, dtype);
    if (!isCounts(shape)) return refuse('shape', 'a list of whole numbers of at least 0', shape);
    if (!isCounts(offsets) || offsets.length !== 2)
      return refuse('data_offsets', 'two whole numbers [begin, end]', offsets);
    const [begin, end] = offsets as [number, number];
    if (begin > end) refuse('data_offsets', 'a begin that is not after its end', offsets);
    if (end > dataBytes) {
      this.fail(
        `tensor "${name}": is cut off: it should end at byte ${end} of the data, the file has ${dataBytes} bytes of data`,
      );
    }
    const needed = shape.reduce((product, side) => product * side, 1) * DTYPE_BYTES[dtype];
    if (needed !== end - begin) {
      this.fail(
        `tensor "${name}": expected ${needed} bytes for ${dtype} [${shape.join(', ')}], its data_offsets give ${end - begin}`,
      );
    }
    return { dtype, shape, begin, end };
  }

  /** Every byte of the data belongs to exactly one tensor. */
  private checkCover(tensors: [string, TensorEntry][], dataBytes: number): void {
    let end = 0;
    let before = '';
    for (const [name, entry] of tensors) {
      if (entry.begin < end) {
        this.fail(
          `tensor "${name}": overlaps "${before}": expected it to begin at byte ${end} of the data or later, got ${entry.begin}`,
        );
      }
      if (entry.begin > end) {
        this.fail(
          `tensor "${name}": expected it to begin at byte ${end} of the data, got ${entry.begin}: bytes between belong to no tensor`,
        );
      }
      [end, before] = [entry.end, name];
    }
    if (end !== dataBytes)
      this.fail(`expected ${end} bytes of data, got ${dataBytes}: the last ${dataBytes - end} belong to no tensor`);
  }
}

function isDtype(value: unknown): value is Dtype {
  return typeof value === 'string' && Object.hasOwn(DTYPE_BYTES, value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((v) => typeof v === 'number' && Number.isSafeInteger(v) && v >= 0);
}
