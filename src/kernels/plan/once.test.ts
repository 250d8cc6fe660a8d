import { expect, test } from 'vitest';
import type { Command, Held } from './commands';
import { repeated } from './once';

const held = (lasting = false): Held => ({
  buffer: {} as GPUBuffer,
  size: 4,
  usage: 0,
  lasting,
  first: 0,
  last: 0,
  written: true,
});

const program = (writes: Held, ...reads: Held[]): Command => ({
  kind: 'dispatch',
  pipeline: {} as GPUComputePipeline,
  kernel: 'test',
  scope: '',
  groups: [1, 1, 1],
  bytes: 0,
  flops: 0,
  bound: [writes, ...reads].map((one, binding) => ({
    held: one,
    binding,
    offset: 0,
    size: 4,
    writable: binding === 0,
  })),
});

const again = (commands: Command[], inputs: Held[], outputs: Held[]): boolean[] =>
  repeated(commands, new Set(inputs.map(({ buffer }) => buffer)), new Set(outputs.map(({ buffer }) => buffer)));

test('a table that stays and depends on no input is made once, and what only it needs', () => {
  const [input, output, weight, step, table] = [held(true), held(true), held(true), held(), held(true)];
  const commands = [program(step, weight), program(table, step), program(output, input, table)];
  expect(again(commands, [input], [output])).toEqual([false, false, true]);
});

test('what a table shares with the output is done every time', () => {
  const [input, output, weight, step, table] = [held(true), held(true), held(true), held(), held(true)];
  const commands = [program(step, weight), program(table, step), program(output, input, step)];
  expect(again(commands, [input], [output])).toEqual([true, false, true]);
});

test('what an input goes into is done every time, also where it stays', () => {
  const [input, output, state] = [held(true), held(true), held(true)];
  expect(again([program(state, input), program(output, input)], [input], [output])).toEqual([true, true]);
});

test('sums into a cleared buffer keep the clearing; what nobody reads goes', () => {
  const [input, output, sum, dead] = [held(true), held(true), held(), held()];
  const clear: Command = { kind: 'clear', held: sum, offset: 0, size: 4 };
  const commands = [clear, program(sum, input), program(dead, input), program(output, sum)];
  expect(again(commands, [input], [output])).toEqual([true, true, false, true]);
});
