/** A profile as text for other programs. */
import { ratedKernel, type LayerCost, type ProfileReport } from './profile';

const UNITS = {
  microseconds: 'us',
  bytes: 'B',
  flops: 'FLOP',
  gflops: 'GFLOP/s',
  gbs: 'GB/s',
  flops32: 'FLOP/s',
  flops16: 'FLOP/s',
  bandwidth: 'B/s',
  dispatch: 'us',
};

export function profileJson(report: ProfileReport): string {
  return JSON.stringify({ ...report, units: UNITS }, null, 1);
}

const COLUMNS = [
  'microseconds',
  'share',
  'count',
  'bytes',
  'flops',
  'gflops',
  'gbs',
  'bound',
  'ofRoof',
] as const satisfies readonly (keyof LayerCost)[];

/** RFC 4180: quoted where it must be. */
const field = (value: string | number): string => {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** A row for each layer (its kernel is empty), each kernel of a part, and the total (both are empty). Times are microseconds. */
export function profileCsv(report: ProfileReport): string {
  const row = (scope: string, kernel: string, cost: Omit<LayerCost, 'scope'>): string =>
    [scope, kernel, ...COLUMNS.map((column) => cost[column])].map(field).join(',');
  return [
    ['scope', 'kernel', ...COLUMNS].join(','),
    ...report.layers.map((layer) => row(layer.scope, '', layer)),
    ...report.kernels.map((kernel) => row(kernel.scope, kernel.kernel, ratedKernel(kernel, report))),
    row('', '', report.total),
  ]
    .map((line) => `${line}\r\n`)
    .join('');
}
