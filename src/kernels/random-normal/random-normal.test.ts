import { expect, test } from 'vitest';
import { philox, randomNormalReference } from './reference';

/** Known answers of Random123, the authors' library (kat_vectors, philox4x32 10). */
test.each([
  { counter: [0, 0, 0, 0], key: [0, 0], answer: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    answer: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    answer: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
] as { counter: [number, number, number, number]; key: [number, number]; answer: number[] }[])(
  'Philox 4x32-10 of $counter',
  ({ counter, key, answer }) => expect(philox(counter, key)).toEqual(answer),
);

test('a longer stream begins with the shorter one; seeds and streams differ', () => {
  const numbers = randomNormalReference(10, 7, 2 ** 40);
  expect(Array.from(randomNormalReference(5, 7, 2 ** 40))).toEqual(Array.from(numbers.subarray(0, 5)));
  expect(randomNormalReference(10, 8, 2 ** 40)).not.toEqual(numbers);
  expect(randomNormalReference(10, 7, 2 ** 40 + 1)).not.toEqual(numbers);
  expect(randomNormalReference(10, 7, 0)).not.toEqual(numbers);
});
