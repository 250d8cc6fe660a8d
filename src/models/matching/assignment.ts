/**
 * Linear sum assignment: one column for each row so that the costs add up to the least.
 *
 * Shortest augmenting paths with dual prices (Jonker and Volgenant, Computing 38, 1987), in the rectangular form of
 * Crouse, "On implementing 2D rectangular assignment algorithms", IEEE TAES 52(4), 2016, which scipy uses too: among
 * equal answers this one takes scipy's, since free columns are preferred and columns are scanned from the last to the first.
 *
 * R rows, C columns, R <= C inside (the matrix is turned where it is not).
 */
import { DetectorError } from '../../lib/errors';

export interface Assignment {
  /** [min(R,C)] ascending. */
  rows: Int32Array;
  /** [min(R,C)] the column of each of these rows. */
  columns: Int32Array;
}

const NONE = -1;

class Solver {
  private readonly rowPrice: Float64Array;
  private readonly columnPrice: Float64Array;
  readonly columnOfRow: Int32Array;
  private readonly rowOfColumn: Int32Array;
  /** Row before each column on the path that is being searched. */
  private readonly before: Int32Array;
  private readonly distance: Float64Array;
  private readonly open: Int32Array;

  constructor(
    private readonly cost: Float64Array,
    private readonly rows: number,
    private readonly columns: number,
  ) {
    this.rowPrice = new Float64Array(rows);
    this.columnPrice = new Float64Array(columns);
    this.columnOfRow = new Int32Array(rows).fill(NONE);
    this.rowOfColumn = new Int32Array(columns).fill(NONE);
    this.before = new Int32Array(columns);
    this.distance = new Float64Array(columns);
    this.open = new Int32Array(columns);
  }

  solve(): void {
    for (let row = 0; row < this.rows; row++) this.assign(row);
  }

  private assign(row: number): void {
    const { open, columns } = this;
    for (let at = 0; at < columns; at++) open[at] = columns - at - 1;
    this.distance.fill(Infinity);
    let current = row;
    let reached = 0;
    let free = NONE;
    let left = columns;
    while (free === NONE) {
      const at = this.nearest(current, reached, left);
      const column = open[at]!;
      reached = this.distance[column]!;
      // columns that were reached lie behind the open ones
      [open[at], open[left - 1]] = [open[left - 1]!, column];
      left--;
      if (this.rowOfColumn[column] === NONE) free = column;
      else current = this.rowOfColumn[column]!;
    }
    this.reprice(row, reached, left);
    this.flip(row, free);
  }

  /** Goes on from `row`, which lies `reached` away. @returns the place in `open` of the nearest column */
  private nearest(row: number, reached: number, left: number): number {
    const { cost, columns, columnPrice, distance, before, open, rowOfColumn } = this;
    const base = row * columns;
    const price = this.rowPrice[row]!;
    let best = 0;
    let least = Infinity;
    for (let at = 0; at < left; at++) {
      const column = open[at]!;
      const through = reached + cost[base + column]! - price - columnPrice[column]!;
      if (through < distance[column]!) {
        distance[column] = through;
        before[column] = row;
      }
      const far = distance[column]!;
      if (far < least || (far === least && rowOfColumn[column] === NONE)) {
        least = far;
        best = at;
      }
    }
    return best;
  }

  /** Keeps every reduced cost at or above zero, and that of the assigned pairs at zero. */
  private reprice(row: number, reached: number, left: number): void {
    this.rowPrice[row]! += reached;
    for (let at = left; at < this.columns; at++) {
      const column = this.open[at]!;
      const gain = reached - this.distance[column]!;
      const owner = this.rowOfColumn[column]!;
      if (owner !== NONE) this.rowPrice[owner]! += gain;
      this.columnPrice[column]! -= gain;
    }
  }

  /** Gives each row of the path the column behind it, from the free column back to the row that asked. */
  private flip(row: number, free: number): void {
    let column = free;
    for (;;) {
      const owner = this.before[column]!;
      this.rowOfColumn[column] = owner;
      const given = this.columnOfRow[owner]!;
      this.columnOfRow[owner] = column;
      if (owner === row) return;
      column = given;
    }
  }
}

function turned(cost: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(cost.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = cost[r * columns + c]!;
  return out;
}

function refuse(cost: Float64Array, rows: number, columns: number): void {
  if (cost.length !== rows * columns)
    throw new DetectorError('internal', 'assignment', `expected ${rows} x ${columns} costs, got ${cost.length}`);
  const at = cost.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) {
    const place = `row ${Math.floor(at / columns)}, column ${at % columns}`;
    throw new DetectorError('internal', 'assignment', `expected finite costs, got ${cost[at]} at ${place}`);
  }
}

/**
 * @param cost [R,C] packed by rows, finite
 * @returns min(R,C) pairs of the least total cost; the shorter side is matched completely
 * @throws DetectorError `internal` for a wrong length, or naming the first cost that is not finite
 */
export function linearSumAssignment(cost: Float64Array, rows: number, columns: number): Assignment {
  refuse(cost, rows, columns);
  const tall = rows > columns;
  const solver = tall ? new Solver(turned(cost, rows, columns), columns, rows) : new Solver(cost, rows, columns);
  solver.solve();
  const given = solver.columnOfRow;
  if (!tall) return { rows: Int32Array.from(given, (_, row) => row), columns: given };
  const order = Int32Array.from(given, (_, column) => column).sort((a, b) => given[a]! - given[b]!);
  return { rows: Int32Array.from(order, (column) => given[column]!), columns: order };
}
