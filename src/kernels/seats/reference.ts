/** Plain loops. B images, G rollouts of an image, R = B G rows, E own queries of a row, O others of an image, C channels. */

export interface Seats {
  /** R */
  rows: number;
  /** G */
  rollouts: number;
  /** E */
  own: number;
  /** O */
  others: number;
}

/** Where the seat's numbers come from, in rows of x. */
const sourceOf = ({ rows, rollouts, own, others }: Seats, row: number, place: number): number =>
  place < own ? row * own + place : rows * own + Math.floor(row / rollouts) * others + place - own;

/** @param x [R E + B O,C] @returns [R,E+O,C] */
export function togetherReference(x: Float32Array, seats: Seats, C: number): Float32Array {
  const all = seats.own + seats.others;
  return Float32Array.from({ length: seats.rows * all * C }, (_, i) => {
    const seat = Math.floor(i / C);
    return x[sourceOf(seats, Math.floor(seat / all), seat % all) * C + (i % C)]!;
  });
}

/** The gradient of x. @param dy [R,E+O,C] @returns [R E + B O,C] */
export function apartReference(dy: Float32Array, seats: Seats, C: number): Float32Array {
  const { rows, rollouts, own, others } = seats;
  const out = new Float32Array((rows * own + (rows / rollouts) * others) * C);
  dy.forEach((value, i) => {
    const seat = Math.floor(i / C);
    const from = sourceOf(seats, Math.floor(seat / (own + others)), seat % (own + others));
    out[from * C + (i % C)]! += value;
  });
  return out;
}
