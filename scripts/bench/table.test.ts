import { expect, test } from 'vitest';
import { table } from './table';

test('text stands left, columns of numbers stand right', () => {
  const text = table(
    ['model', 'ms', 'of ours'],
    [
      ['Atto', '8.5', '100 %'],
      ['a longer name', '1,107.7', ''],
    ],
  );
  expect(text).toBe(
    [
      '| model         |      ms | of ours |',
      '| ------------- | ------: | ------: |',
      '| Atto          |     8.5 |   100 % |',
      '| a longer name | 1,107.7 |         |',
    ].join('\n'),
  );
});
