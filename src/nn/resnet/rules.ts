/** The parameters of a ResNet: batch norm is folded into the convolutions. */
import type { ParameterRule } from '../parameters';
import { convNorm } from '../rules';
import type { ResNetConfig } from './config';
import { planOf } from './plan';

/**
 * Rules of every stage, wanted or not, since a checkpoint has them all. Group `backbone`.
 * @throws DetectorError `unsupported` as planOf
 */
export function resNetRules(c: ResNetConfig): ParameterRule[] {
  const { stem, stages } = planOf(c);
  const units = stages.flat().flatMap(({ units, shortcut }) => (shortcut ? [...units, shortcut] : units));
  return [...stem, ...units].flatMap((unit) => convNorm('backbone', unit.name, unit.conv, unit.norm, unit));
}
