/** Shape checks of our operations. */
import { DetectorError } from '../lib/errors';

/**
 * @param expected a number where the axis is fixed, a letter where any length will do
 * @throws DetectorError `internal`, naming operation and tensor
 */
export function expectShape(
  operation: string,
  name: string,
  shape: readonly number[],
  expected: readonly (number | string)[],
): void {
  const fits = shape.length === expected.length && expected.every((n, i) => typeof n === 'string' || n === shape[i]);
  if (!fits) throw new DetectorError('internal', operation, `expected ${name} [${expected}], got [${shape}]`);
}

/** @throws DetectorError `internal` with the sentence when `holds` is false */
export function expectThat(operation: string, holds: boolean, sentence: string): void {
  if (!holds) throw new DetectorError('internal', operation, sentence);
}
