/** Average precision in a table: a figure, and what it gained. */
import type { ReactNode } from 'react';

/** COCO's -1: nothing to measure. */
const known = (value: number | undefined): value is number => value !== undefined && value >= 0;

/** "0.412", or a dash where nothing was measured. */
export const formatAp = (value: number | undefined): string => (known(value) ? value.toFixed(3) : '\u2013');

/** The cell of the gain, empty where one of both is not known; `data-sign` is that of the digits shown. */
export function ApGain({ from, to }: { from: number | undefined; to: number | undefined }): ReactNode {
  const gain = known(from) && known(to) ? to - from : null;
  const sign = gain === null ? 0 : Math.sign(Math.round(gain * 1000));
  return (
    <td data-sign={sign}>
      {gain === null ? '' : `${sign > 0 ? '+' : sign < 0 ? '\u2212' : ''}${Math.abs(gain).toFixed(3)}`}
    </td>
  );
}
