import { describe, expect, it } from 'vitest';
import { labelsOf, readConfig } from './config-file';

describe('readConfig', () => {
  it('reads an object', () => expect(readConfig('{"a": 1}', 'config.json')).toEqual({ a: 1 }));
  it('says where it is broken', () => {
    expect(() => readConfig('{\n "a": 1,\n}', 'm/config.json')).toThrow(
      'm/config.json: is not valid JSON at line 3, column 1: expected a key in double quotes',
    );
  });
});

describe('labelsOf', () => {
  it('orders names by number', () => {
    const names = Array.from({ length: 12 }, (_, i) => [String(11 - i), `c${11 - i}`]);
    expect(labelsOf({ id2label: Object.fromEntries(names) as unknown })).toEqual(
      Array.from({ length: 12 }, (_, i) => `c${i}`),
    );
  });
  it('counts where there are no names', () => expect(labelsOf({ num_labels: 2 })).toEqual(['class 0', 'class 1']));

  const refused: [Record<string, unknown>, string][] = [
    [
      { id2label: { 0: 'a', 2: 'b', 9: 'c' } },
      'config.json: id2label: expected classes 0 to 9 without gaps, missing 1, 3, 4, 5, 6 and 2 more',
    ],
    [{ id2label: { 1: 'a' } }, 'expected classes 0 to 1 without gaps, missing 0'],
    [{ id2label: { a: 'a' } }, 'expected class numbers as keys, got "a"'],
    [{ id2label: { '01': 'a' } }, 'got "01"'],
    [{ id2label: {} }, 'expected at least one class, got none'],
    [{ id2label: { 0: 5 } }, 'expected a name for class 0, got 5'],
    [{ id2label: ['a'] }, 'id2label: expected an object, got ["a"]'],
    [{ num_labels: 0 }, 'got num_labels 0'],
    [{}, 'expected id2label (class names) or num_labels (their number), got neither'],
  ];
  it.each(refused)('refuses %j', (config, message) => expect(() => labelsOf(config)).toThrow(message));
});
