/**
 * What was measured on an adapter, and the choice made of it. Plain data: it is kept as JSON between visits.
 */
import { DetectorError } from '../../lib/errors';

/** The variants of a kernel at one case's sizes. */
export interface Measured {
  readonly kernel: string;
  readonly sizes: readonly number[];
  /** Microseconds of one run by variant; variants that were not measured are absent. */
  readonly microseconds: Readonly<Record<string, number>>;
}

/** A variant that must not be used on this adapter. */
export interface Struck {
  readonly kernel: string;
  readonly variant: string;
  /** A sentence: the error or how far its numbers are off. */
  readonly reason: string;
}

export interface TuningTable {
  readonly measured: readonly Measured[];
  readonly struck: readonly Struck[];
}

export const EMPTY_TABLE: TuningTable = { measured: [], struck: [] };

/** Sum of |log2(a / b)| over the sizes: 1 where one of them is doubled. Infinity for another number of sizes. */
export function sizeDistance(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Infinity;
  return a.reduce((sum, size, at) => sum + Math.abs(Math.log2(Math.max(1, size) / Math.max(1, b[at]!))), 0);
}

/** A measurement says nothing about sizes further away than this: four times as large in one of them, or twice in two. */
const FURTHEST = 2;
/** What another variant must win over the fallback: less may be noise, or not hold for the nearby size. */
const WORTHWHILE = 1.1;

/**
 * The fastest of the candidates at the nearest measured sizes.
 * @returns `fallback` where nothing near was measured with it, or nothing is clearly faster
 */
export function choose(
  table: TuningTable,
  kernel: string,
  sizes: readonly number[],
  candidates: readonly string[],
  fallback: string,
): string {
  const off = new Set(table.struck.filter((struck) => struck.kernel === kernel).map(({ variant }) => variant));
  let nearest: Measured | undefined;
  let least = FURTHEST;
  for (const measured of table.measured) {
    const distance = measured.kernel === kernel ? sizeDistance(measured.sizes, sizes) : Infinity;
    if (distance <= least && (!nearest || distance < least)) [nearest, least] = [measured, distance];
  }
  const times = nearest?.microseconds ?? {};
  const known = candidates.filter((variant) => !off.has(variant) && times[variant] !== undefined);
  const best = known.reduce<string | undefined>(
    (found, variant) => (found === undefined || times[variant]! < times[found]! ? variant : found),
    undefined,
  );
  const usual = times[fallback];
  if (best === undefined || usual === undefined) return fallback;
  return usual >= times[best]! * WORTHWHILE ? best : fallback;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isTime = (value: unknown): value is number => typeof value === 'number' && value > 0 && Number.isFinite(value);

function isMeasured(value: unknown): value is Measured {
  return (
    isObject(value) &&
    typeof value['kernel'] === 'string' &&
    Array.isArray(value['sizes']) &&
    value['sizes'].every(isTime) &&
    isObject(value['microseconds']) &&
    Object.values(value['microseconds']).every(isTime)
  );
}

function isStruck(value: unknown): value is Struck {
  return isObject(value) && ['kernel', 'variant', 'reason'].every((field) => typeof value[field] === 'string');
}

/** @throws DetectorError `storage` where the text is no table */
export function parseTable(text: string): TuningTable {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const { measured, struck } = isObject(value) ? value : {};
  if (Array.isArray(measured) && Array.isArray(struck) && measured.every(isMeasured) && struck.every(isStruck)) {
    return { measured, struck };
  }
  throw new DetectorError(
    'storage',
    'tuning table',
    `expected lists "measured" and "struck", got ${text.slice(0, 40)}`,
  );
}
