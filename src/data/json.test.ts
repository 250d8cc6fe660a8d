import { describe, expect, it } from 'vitest';
import { findJsonFault, floatKeys, parseJson, parseJsonObject, repeatedKeys, writeJson } from './json';

const GOOD = [
  '{}',
  '[]',
  ' [1, -0.5e+3, true, false, null, "a\\u00e9\\n"] ',
  '{"a": {"b": [{}]}}',
  '"x"',
  '0',
  '-1.5E-2',
];
const BAD = [
  '',
  '{',
  '[1,]',
  '{"a":1,}',
  "{'a':1}",
  '{"a" 1}',
  '01',
  '1.',
  '-',
  '+1',
  'NaN',
  '"a',
  '"\\x"',
  '"\u0001"',
  '[1 2]',
  '{} {}',
  '// c\n1',
  'tru',
  '{"a":1 "b":2}',
  '[1}',
];

describe('findJsonFault', () => {
  it.each(GOOD)('accepts %s', (text) => expect(findJsonFault(text)).toBeNull());
  it.each(BAD)('finds a fault in %j', (text) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(findJsonFault(text)).not.toBeNull();
  });

  it('agrees with JSON.parse on damaged texts', () => {
    const text = JSON.stringify({ a: [1, 2.5e-7, 'b"\\ü', { c: null, d: [true, false] }], e: -3 }, null, 1);
    for (let i = 0; i < text.length; i++) {
      for (const damaged of [
        text.slice(0, i) + text.slice(i + 1),
        `${text.slice(0, i)},${text.slice(i)}`,
        text.slice(0, i),
      ]) {
        let parses = true;
        try {
          JSON.parse(damaged);
        } catch {
          parses = false;
        }
        expect(findJsonFault(damaged) === null, damaged).toBe(parses);
      }
    }
  });

  it('says line and column', () => {
    expect(findJsonFault('{\n  "a": 1\n  "b": 2\n}')).toEqual({
      line: 3,
      column: 3,
      expected: "',' or '}'",
      got: JSON.stringify('"b": 2\n}'),
    });
  });
});

describe('parseJson', () => {
  it('reads past a byte order mark', () => expect(parseJson('\ufeff[1]', 'a.json', 'checkpoint')).toEqual([1]));
  it('names the file, the place and what came', () => {
    expect(() => parseJson('{"a":\n tru}', 'm/config.json', 'checkpoint')).toThrow(
      'm/config.json: is not valid JSON at line 2, column 2: expected \'true\', got "tru}"',
    );
  });
  it('refuses what is no object', () => {
    expect(() => parseJsonObject('[1]', 'config.json', 'checkpoint')).toThrow(
      'config.json: expected a JSON object, got a list',
    );
    expect(() => parseJsonObject('null', 'config.json', 'checkpoint')).toThrow('got null');
  });
});

describe('repeatedKeys', () => {
  it('looks at the outermost object only', () => {
    expect(repeatedKeys('{"a":{"x":1,"x":2},"b":1,"\\u0061":3}')).toEqual(['a']);
    expect(repeatedKeys('{"a":1,"b":{"a":1}}')).toEqual([]);
  });
});

describe('floats', () => {
  it('are found by how they are written, in objects and lists', () => {
    const text = '{"a":1,"b":1.0,"c":[0,{"d":[1e-5,2]}],"e":"f\\"g\\":1.0","h":-2E0}';
    expect([...floatKeys(text)]).toEqual(['b', 'd', 'h']);
  });
  it('are written as they were, and whole numbers too', () => {
    const text = '{\n  "a": 1,\n  "b": -1.0,\n  "c": [\n    0.0,\n    0.5\n  ],\n  "d": "1.0"\n}\n';
    expect(writeJson(JSON.parse(text), floatKeys(text))).toBe(text);
    expect(writeJson({ a: 1 })).toBe('{\n  "a": 1\n}\n');
  });
});
