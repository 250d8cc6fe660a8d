import { expect, test } from 'vitest';
import { expandTemplate } from './template';

test('loops nest and replace their own variable only', () => {
  const template = '#for i in 0..ROWS\n#for ii in 0..2\na$i$ii;\n#end\n#end';
  expect(expandTemplate(template, { ROWS: 2 })).toBe('a00;\na01;\na10;\na11;');
});

test('conditions take one branch, inside a loop too', () => {
  const template = '#for i in 0..2\n#if WIDE\nw$i\n#else\nn$i\n#end\n#end\n#if WIDE\nlast\n#end';
  expect(expandTemplate(template, { WIDE: true })).toBe('w0\nw1\nlast');
  expect(expandTemplate(template, { WIDE: false })).toBe('n0\nn1');
});

test('mistakes are named', () => {
  expect(() => expandTemplate('#for i in 0..N\n#end', {})).toThrow('constant N');
  expect(() => expandTemplate('#if A\nx', { A: true })).toThrow('no #end');
  expect(() => expandTemplate('x\n#end', {})).toThrow('unexpected line "#end"');
  expect(() => expandTemplate('#unroll', {})).toThrow('unexpected line "#unroll"');
});
