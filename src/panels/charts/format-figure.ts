/** A figure's number as it is read at the cursor. */
import type { FigureUnit } from '../../lib/charts';
import { formatBytes, formatCount, formatMs, formatPercent } from '../../ui/format';

/** "–" where there is none. */
export function formatFigure(value: number | null | undefined, unit: FigureUnit): string {
  if (value === null || value === undefined) return '\u2013';
  switch (unit) {
    case 'ms':
      return formatMs(value);
    case 'bytes':
      return formatBytes(value);
    case 'share':
      return formatPercent(value);
    case 'count':
      return formatCount(value);
    case 'scientific':
      return value === 0 ? '0' : value.toExponential(1);
    case 'plain':
      return plain(value);
  }
}

/** Three significant digits, no more than four decimals. */
function plain(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-3) return value.toExponential(1);
  return size >= 100 ? String(Math.round(value)) : value.toFixed(size >= 10 ? 1 : 3);
}
