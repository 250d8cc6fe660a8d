import { expect, test } from 'vitest';
import { hoistExtensions } from './extensions';

test('extensions move to the front, each once, and no other line gets another number', () => {
  const code = 'fn first() {}\n  enable f16;\nenable subgroups;\nenable f16;\nfn last() {}';
  const hoisted = hoistExtensions(code);
  expect(hoisted.split('\n')).toEqual(['enable f16; enable subgroups; fn first() {}', '', '', '', 'fn last() {}']);
});

test('code without extensions stays what it is', () => {
  const code = '// enable f16;\nlet enabled = 1; // enable subgroups;\n';
  expect(hoistExtensions(code)).toBe(code);
});
