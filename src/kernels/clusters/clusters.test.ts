import { expect, test } from 'vitest';
import { hashKeysReference, spreadGroupsReference, sumGroupsReference } from './reference';

test('keys see whole numbers only, each one’s place, and hardly ever agree by chance', () => {
  expect(hashKeysReference(Float32Array.of(1.2, -3.9), 2)).toEqual(hashKeysReference(Float32Array.of(1.9, -3.1), 2));
  expect(hashKeysReference(Float32Array.of(-0, 0.5), 2)).toEqual(hashKeysReference(Float32Array.of(0, 0), 2));
  const rows = Float32Array.from({ length: 4096 * 2 }, (_, at) =>
    at % 2 === 0 ? Math.floor(at / 128) : Math.floor(at / 2) % 64,
  );
  const keys = hashKeysReference(rows, 2);
  for (const lane of [0, 1]) {
    const seen = new Set(keys.filter((_, at) => at % 2 === lane));
    // of 4,096 numbers among 2^32 a pair agrees once in 512 such tables
    expect(seen.size).toBeGreaterThanOrEqual(4095);
  }
});

test('sums over groups and their way back are each other’s transposes', () => {
  const [members, starts, owner] = [
    [1, 3, 0],
    [0, 2, 3],
    [1, 0, -1, 0],
  ];
  const x = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  expect(Array.from(sumGroupsReference(x, 2, members!, starts!))).toEqual([10, 12, 1, 2]);
  expect(Array.from(spreadGroupsReference(Float32Array.of(1, 2, 3, 4), 2, owner!))).toEqual([3, 4, 1, 2, 0, 0, 1, 2]);
});
