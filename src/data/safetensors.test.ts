import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors, type TensorData } from './safetensors';

const SHARED = '../shared/weights';
const WHY_SKIPPED = 'the folder ../shared (real checkpoints) is not beside the project';

/** A file from its parts; the header is written as it is, padded with nothing. */
function file(header: unknown, dataBytes: number, length?: bigint): ArrayBuffer {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const out = new Uint8Array(8 + text.length + dataBytes);
  new DataView(out.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  out.set(text, 8);
  for (let i = 0; i < dataBytes; i++) out[8 + text.length + i] = (i * 37 + 11) % 251;
  return out.buffer;
}
const f32 = (shape: number[], begin: number, end: number): unknown => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('readSafetensors refuses', () => {
  const cases: [string, ArrayBuffer, string][] = [
    ['an empty file', new ArrayBuffer(0), 'm: is no safetensors file: expected at least 8 bytes, got 0'],
    ['a huge header', file({}, 0, 2n ** 60n), 'its first 8 bytes say 1152921504606846976'],
    [
      'a header beyond the file',
      file({}, 0, 90n),
      'is cut short: its header should have 90 bytes, the file has 2 bytes after the first 8',
    ],
    ['an empty header', file('', 4), 'expected its header to begin with "{", got byte none'],
    ['a zip', file('PK\x03\x04', 4), 'expected its header to begin with "{", got byte 80'],
    ['broken JSON', file('{"a":}', 0), 'm (header): is not valid JSON at line 1, column 6: expected a value, got "}"'],
    [
      'a tensor named twice',
      file(
        '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
        1,
      ),
      'tensor "a": expected it once in the header, got it more than once',
    ],
    ['an entry that is no object', file({ a: 3 }, 0), 'tensor "a": header entry: expected an object, got 3'],
    ['an unknown dtype', file({ a: { dtype: 'F8_E4M3', shape: [1], data_offsets: [0, 1] } }, 1), 'got "F8_E4M3"'],
    [
      'a dtype of Object.prototype',
      file({ a: { dtype: 'toString', shape: [1], data_offsets: [0, 1] } }, 1),
      'got "toString"',
    ],
    [
      'a missing dtype',
      file({ a: { shape: [1], data_offsets: [0, 1] } }, 1),
      'tensor "a": dtype: expected one of F64, F32',
    ],
    [
      'a negative side',
      file({ a: f32([-1, -1], 0, 4) }, 4),
      'tensor "a": shape: expected a list of whole numbers of at least 0, got [-1,-1]',
    ],
    ['a broken side', file({ a: f32([0.5, 2], 0, 4) }, 4), 'got [0.5,2]'],
    [
      'one offset',
      file({ a: { dtype: 'U8', shape: [1], data_offsets: [1] } }, 1),
      'data_offsets: expected two whole numbers [begin, end], got [1]',
    ],
    ['offsets in the wrong order', file({ a: f32([1], 4, 0) }, 4), 'a begin that is not after its end, got [4,0]'],
    [
      'a truncated file',
      file({ a: f32([2, 3], 0, 24) }, 23),
      'tensor "a": is cut off: it should end at byte 24 of the data, the file has 23 bytes of data',
    ],
    [
      'a wrong size',
      file({ a: f32([2, 3], 0, 20) }, 20),
      'tensor "a": expected 24 bytes for F32 [2, 3], its data_offsets give 20',
    ],
    [
      'an overlap',
      file({ a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12),
      'tensor "b": overlaps "a": expected it to begin at byte 8 of the data or later, got 4',
    ],
    [
      'a gap',
      file({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12),
      'tensor "b": expected it to begin at byte 4 of the data, got 8',
    ],
    [
      'bytes after the last tensor',
      file({ a: f32([1], 0, 4) }, 7),
      'expected 4 bytes of data, got 7: the last 3 belong to no tensor',
    ],
    ['metadata that is no text', file({ __metadata__: { a: 1 } }, 0), '__metadata__.a: expected a text, got 1'],
    ['metadata that is a list', file({ __metadata__: [] }, 0), '__metadata__: expected an object, got []'],
  ];
  it.each(cases)('%s', (_, bytes, message) => expect(() => readSafetensors(bytes, 'm')).toThrow(message));

  it('bytes that are not UTF-8', () => {
    const bytes = file('{"a":"??"}', 0);
    new Uint8Array(bytes)[14] = 0xff;
    expect(() => readSafetensors(bytes, 'm')).toThrow('expected a header in UTF-8');
  });
  it('a shape too large for a number', () => {
    const side = 2 ** 52;
    expect(() => readSafetensors(file({ a: f32([side, side], 0, 0) }, 0), 'm')).toThrow(
      'expected 8.112963841460668e+31 bytes',
    );
  });
});

describe('readSafetensors', () => {
  it('reads tensors whose bytes are not aligned, and empty ones', () => {
    const bytes = file(
      {
        a: { dtype: 'U8', shape: [1], data_offsets: [0, 1] },
        b: f32([2], 1, 9),
        c: f32([0, 3], 9, 9),
        d: { dtype: 'F16', shape: [], data_offsets: [9, 11] },
      },
      11,
    );
    const opened = readSafetensors(bytes, 'm');
    const start = bytes.byteLength - 11;
    const view = new DataView(bytes, start);
    expect([...opened.float32('b')]).toEqual([view.getFloat32(1, true), view.getFloat32(5, true)]);
    expect(opened.float32('c').length).toBe(0);
    expect(opened.shape('d')).toEqual([]);
    expect(opened.float32('d').length).toBe(1);
    expect(opened.names).toEqual(['a', 'b', 'c', 'd']);
  });

  it('gives a view where the bytes are aligned', () => {
    const bytes = writeSafetensors(
      new Map([['a', { dtype: 'F32', shape: [3], data: new Float32Array([1, 2, 3]) }]]),
    ).buffer;
    expect(readSafetensors(bytes, 'm').float32('a').buffer).toBe(bytes);
  });

  it('converts every floating dtype and reads I64', () => {
    const tensors = new Map<string, TensorData>([
      ['half', { dtype: 'F16', shape: [3], data: new Uint16Array([0x3c00, 0x0001, 0xfc00]) }],
      ['brain', { dtype: 'BF16', shape: [2], data: new Uint16Array([0x3f80, 0xc000]) }],
      ['double', { dtype: 'F64', shape: [1, 2], data: new Float64Array([0.1, -1e300]) }],
      ['long', { dtype: 'I64', shape: [2], data: new BigInt64Array([-(2n ** 63n), 7n]) }],
      ['flags', { dtype: 'BOOL', shape: [3], data: new Uint8Array([1, 0, 1]) }],
    ]);
    const opened = readSafetensors(writeSafetensors(tensors).buffer, 'm');
    expect([...opened.float32('half')]).toEqual([1, 2 ** -24, -Infinity]);
    expect([...opened.float32('brain')]).toEqual([1, -2]);
    expect([...opened.float32('double')]).toEqual([Math.fround(0.1), -Infinity]);
    expect([...opened.int64('long')]).toEqual([-(2n ** 63n), 7n]);
    expect([...opened.raw('flags')]).toEqual([1, 0, 1]);
    expect(() => opened.float32('long')).toThrow('m: tensor "long": expected dtype F32, F16, BF16 or F64, got I64');
    expect(() => opened.int64('half')).toThrow('expected dtype I64, got F16');
    expect(() => opened.shape('other')).toThrow('m: tensor "other": expected it in the file, it is not there');
  });
});

describe('writeSafetensors', () => {
  it('refuses bytes that do not fit the shape', () => {
    const tensor: TensorData = { dtype: 'F32', shape: [2], data: new Float32Array(3) };
    expect(() => writeSafetensors(new Map([['a', tensor]]))).toThrow('a: expected 8 bytes for F32 [2], got 12');
  });

  it('keeps metadata and NaN payloads', () => {
    const data = new Uint32Array([0x7fa00001, 0xffc12345]);
    const bytes = writeSafetensors(new Map([['a', { dtype: 'F32', shape: [2], data }]]), { format: 'pt', ü: '"' });
    const opened = readSafetensors(bytes.buffer, 'm');
    expect(opened.metadata).toEqual({ format: 'pt', ü: '"' });
    const { buffer, byteOffset } = opened.float32('a');
    expect([...new Uint32Array(buffer, byteOffset, 2)]).toEqual([...data]);
  });

  it.for(['deimv2_atto_coco/model', 'stepdetr_s/model', 'stepdetr_s/cases'])(
    'writes %s back byte for byte',
    (path, { skip }) => {
      skip(!existsSync(SHARED), WHY_SKIPPED);
      const source = readFileSync(`${SHARED}/${path}.safetensors`);
      const opened = readSafetensors(new Uint8Array(source).buffer, path);
      const tensors = new Map(
        opened.names.map((name) => [
          name,
          { dtype: opened.dtype(name), shape: opened.shape(name), data: opened.raw(name) },
        ]),
      );
      expect(opened.names.length).toBeGreaterThan(10);
      expect(Buffer.compare(writeSafetensors(tensors, opened.metadata), source)).toBe(0);
    },
  );
});
