/** Options that several programs share, with the checks that their help promises. */
import { InvalidArgumentError, Option } from 'commander';

/** @throws InvalidArgumentError, which commander prints with the option's name */
export function parseUnit(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError('expected a number from 0 to 1.');
  return value;
}

/** @throws InvalidArgumentError, which commander prints with the option's name */
export function parseCount(text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value >= 1))
    throw new InvalidArgumentError('expected a whole number of at least 1.');
  return value;
}

export const modelOption = (): Option =>
  new Option(
    '--model <ID|DIR>',
    'stepdetr_s (embedded), a folder with config.json and model.safetensors, or a hub id owner/name',
  ).default('stepdetr_s');

export const adapterOption = (): Option =>
  new Option(
    '--adapter <which>',
    "software: Chromium's SwiftShader; default: the machine's own GPU, where there is one",
  )
    .choices(['software', 'default'])
    .default('default');

export const runtimeOption = (): Option =>
  new Option(
    '--runtime <which>',
    'browser: the app in a headless Chromium; node: the same engine in this process, on Dawn',
  )
    .choices(['browser', 'node'])
    .default('browser');

export const jsonOption = (): Option => new Option('--json <FILE>', 'write the results to this file as JSON');
