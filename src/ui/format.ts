/** Numbers as people read them, always with their unit. */

const SPACE = '\u202f';

/** 1720000 -> "1.72 M" */
export function formatCount(value: number): string {
  for (const [size, unit] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (Math.abs(value) >= size) return `${trimmed(value / size)}${SPACE}${unit}`;
  }
  return String(value);
}

/** 1536000 -> "1.54 MB" (powers of 1000) */
export function formatBytes(bytes: number): string {
  for (const [size, unit] of [
    [1e9, 'GB'],
    [1e6, 'MB'],
    [1e3, 'kB'],
  ] as const) {
    if (bytes >= size) return `${trimmed(bytes / size)}${SPACE}${unit}`;
  }
  return `${Math.round(bytes)}${SPACE}B`;
}

/** Always milliseconds: "4.2 ms", "1240 ms" */
export function formatMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)}${SPACE}ms`;
}

export function formatPx(px: number): string {
  return `${px < 10 ? px.toFixed(1) : Math.round(px)}${SPACE}px`;
}

/** 0..1 -> "37 %" */
export function formatPercent(part: number): string {
  return `${Math.round(part * 100)}${SPACE}%`;
}

/** 4200 -> "4 s", 200000 -> "3 min 20 s", 8000000 -> "2 h 13 min" */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds}${SPACE}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}${SPACE}min ${seconds % 60}${SPACE}s`;
  return `${Math.floor(minutes / 60)}${SPACE}h ${minutes % 60}${SPACE}min`;
}

/** Three significant digits without trailing zeros. */
function trimmed(value: number): string {
  return String(Number(value.toPrecision(3)));
}
