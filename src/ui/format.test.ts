import { describe, expect, it } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatMs, formatPercent, formatPx } from './format';
import { shortcutName } from './use-shortcuts';

const plain = (text: string): string => text.replaceAll('\u202f', ' ');

describe('numbers with units', () => {
  it.each([
    [formatCount(999), '999'],
    [formatCount(1_720_000), '1.72 M'],
    [formatCount(12_000), '12 k'],
    [formatBytes(0), '0 B'],
    [formatBytes(1536), '1.54 kB'],
    [formatBytes(7_412_000), '7.41 MB'],
    [formatBytes(2e9), '2 GB'],
    [formatMs(4.24), '4.2 ms'],
    [formatMs(1240.4), '1240 ms'],
    [formatDuration(4200), '4 s'],
    [formatDuration(200_000), '3 min 20 s'],
    [formatDuration(59_700), '1 min 0 s'],
    [formatDuration(8_000_000), '2 h 13 min'],
    [formatPx(0), '0.0 px'],
    [formatPx(31.6), '32 px'],
    [formatPercent(0.374), '37 %'],
  ])('%s', (formatted, expected) => {
    expect(plain(formatted)).toBe(expected);
  });
});

describe('shortcutName', () => {
  it('does not care for case and takes Command for Control', () => {
    const press = (key: string, more = {}): string => shortcutName({ key, ctrlKey: false, metaKey: false, ...more });
    expect(press('P')).toBe('p');
    expect(press('ArrowLeft', { ctrlKey: true })).toBe('Ctrl+ArrowLeft');
    expect(press('ArrowLeft', { metaKey: true })).toBe('Ctrl+ArrowLeft');
    expect(press('[')).toBe('[');
  });
});
