/**
 * One colour per class name, the same on every image, run and machine. The palette is from Paul Tol's qualitative
 * schemes (bright, vibrant, light; "Colour Schemes", SRON/EPS/TN/09-002), which stay apart for colour-blind eyes; with
 * more classes than colours some share one, and the tag on the box tells them apart.
 */
export const PALETTE = [
  '#4477aa',
  '#ee6677',
  '#44bb99',
  '#ccbb44',
  '#66ccee',
  '#aa3377',
  '#ee7733',
  '#228833',
  '#ee3377',
  '#bbcc33',
  '#ffaabb',
  '#77aadd',
] as const;

/** FNV-1a, 32 bits, then mixed once more: close names ("cat", "car") should not get neighbours on purpose or by accident. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}

/** "#rrggbb" for a class name. */
export function classColour(name: string): string {
  return PALETTE[hash(name) % PALETTE.length]!;
}

/** WCAG relative luminance of "#rrggbb", 0..1. */
export function luminance(colour: string): number {
  const channel = (at: number): number => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

/** WCAG contrast ratio of two "#rrggbb" colours, 1..21. */
export function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

const DARK_TEXT = '#111111';
const LIGHT_TEXT = '#ffffff';

/** The text colour that reads better on `colour`. */
export function textOn(colour: string): string {
  return contrast(colour, DARK_TEXT) >= contrast(colour, LIGHT_TEXT) ? DARK_TEXT : LIGHT_TEXT;
}
