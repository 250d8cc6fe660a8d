/** Tables for a terminal and for docs/measurements.md. */

/** What a number may look like: it stands right in its column. */
const NUMBER = /^[\d.,+-]*( ?%)?$/;

/**
 * Markdown, aligned for a terminal.
 * @param rows as many cells as headings, numbers already as text
 */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, i) => Math.max(3, heading.length, ...rows.map((row) => row[i]!.length)));
  const isNumber = headings.map((_, i) => rows.every((row) => NUMBER.test(row[i]!)));
  const pad = (cell: string, i: number): string => (isNumber[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!));
  const line = (cells: readonly string[]): string => `| ${cells.map(pad).join(' | ')} |`;
  const rule = widths.map((width, i) => (isNumber[i] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [line(headings), line(rule), ...rows.map(line)].join('\n');
}

const MIB = 2 ** 20;

export const mib = (bytes: number): string => (bytes / MIB).toFixed(1);
export const number = (value: number, digits: number): string => value.toFixed(digits);
