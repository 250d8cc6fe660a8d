/** Times and rates of a profile in words, always with their unit. */
import type { LayerCost } from '../../lib/profile';
import { formatCount, formatMs } from '../../ui/format';

const SPACE = '\u202f';

const digits = (value: number): string => String(Number(value.toPrecision(3)));

/** "8.4 µs" below a millisecond, then milliseconds. */
export const formatMicroseconds = (value: number): string =>
  value < 1000 ? `${digits(value)}${SPACE}µs` : formatMs(value / 1000);

/** @param flops operations */
export const formatFlops = (flops: number): string =>
  flops < 1000 ? `${digits(flops)}${SPACE}FLOP` : `${formatCount(flops)}FLOP`;

/** @param gflops thousand million operations a second */
export const formatSpeed = (gflops: number): string =>
  gflops >= 1000 ? `${digits(gflops / 1000)}${SPACE}TFLOP/s` : `${digits(gflops)}${SPACE}GFLOP/s`;

/** @param gbs thousand million bytes a second */
export const formatBandwidth = (gbs: number): string =>
  gbs >= 1000 ? `${digits(gbs / 1000)}${SPACE}TB/s` : `${digits(gbs)}${SPACE}GB/s`;

/** FLOP a byte, three digits. */
export const formatIntensity = digits;

/** What a row of the table is about: the colour of its dot and bar goes by the first step of its scope. */
export const groupOf = ({ scope }: Pick<LayerCost, 'scope'>): string => scope.split('/')[0]!;

/** Powers of 1024, as a budget is given: "12.4 MiB". */
export const formatMib = (bytes: number): string => {
  const mib = bytes / 2 ** 20;
  return `${mib >= 100 ? Math.round(mib) : digits(mib)}${SPACE}MiB`;
};
