import { expect, test } from 'vitest';
import { parseTyped, stringifyTyped } from './typed-json';

test('packed numbers come back with their kind and their bits', () => {
  const value = {
    name: 'a',
    boxes: Float32Array.from([0.1, NaN, -0, Infinity]),
    query: Int32Array.from([-1, 2 ** 31 - 1]),
    nested: [{ bytes: Uint8Array.from([0, 255]) }, null, 3],
    empty: new Float32Array(0),
  };
  expect(parseTyped(stringifyTyped(value))).toEqual(value);
});

test('a part of a buffer is written alone, and long ones whole', () => {
  const long = Float32Array.from({ length: 70_000 }, (_, i) => i / 3);
  expect(parseTyped(stringifyTyped(long.subarray(1, 3)))).toEqual(long.slice(1, 3));
  expect(parseTyped(stringifyTyped(long))).toEqual(long);
});

test('an object that only looks like one stays', () => {
  expect(parseTyped('{"$Float32Array":"AAAA","more":1}')).toEqual({ $Float32Array: 'AAAA', more: 1 });
});

test('damage is an error', () => {
  expect(() => parseTyped('{"$Float32Array":"AAA')).toThrow();
  expect(() => parseTyped('{"$Float32Array":"AAAA"}')).toThrow();
});
