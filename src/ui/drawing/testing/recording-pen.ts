/** A pen that draws nothing and remembers everything. */
import type { Pen } from '../draw-scene';

/** Writes down every call with the colour, alpha and line width that it was made with. */
export function recordingPen(): { pen: Pen; calls: { name: string; args: unknown[]; alpha: number; line: number }[] } {
  const calls: { name: string; args: unknown[]; alpha: number; line: number }[] = [];
  const state = {
    globalAlpha: 1,
    lineWidth: 1,
    lineJoin: 'miter' as CanvasLineJoin,
    strokeStyle: '#000000',
    fillStyle: '#000000',
    font: '10px sans-serif',
    textBaseline: 'alphabetic' as CanvasTextBaseline,
  };
  const note =
    (name: string) =>
    (...args: unknown[]): void => {
      calls.push({ name, args, alpha: state.globalAlpha, line: state.lineWidth });
    };
  const pen = Object.assign(state, {
    measureText: (text: string) => ({ width: text.length * 7 }) as TextMetrics,
    ...Object.fromEntries(
      ['save', 'restore', 'beginPath', 'moveTo', 'lineTo', 'arc', 'stroke', 'fill', 'setLineDash']
        .concat('strokeRect', 'fillRect', 'fillText')
        .map((name) => [name, note(name)]),
    ),
  }) as unknown as Pen;
  return { pen, calls };
}
