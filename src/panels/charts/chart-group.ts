/**
 * Charts that share their axis of steps: one cursor, one zoom, and a budget of time per frame for drawing, so that many charts
 * of many points leave the page as quick as it is without them.
 */

/** Milliseconds of a frame that drawing may take; the charts that are left come with the next frame. */
const FRAME_BUDGET_MS = 8;

export interface GroupedChart {
  draw(): void;
}

export class ChartGroup {
  /** Name under which uPlot shares the cursor. */
  readonly key: string;
  readonly #charts = new Set<GroupedChart>();
  readonly #stale = new Set<GroupedChart>();
  readonly #extent: () => [number, number];
  #zoom: [number, number] | null = null;
  #frame = 0;

  /** @param extent first and last step that there are */
  constructor(key: string, extent: () => [number, number]) {
    this.key = key;
    this.#extent = extent;
  }

  /** The steps that are shown. */
  get range(): [number, number] {
    return this.#zoom ?? this.#extent();
  }

  get zoomed(): boolean {
    return this.#zoom !== null;
  }

  add(chart: GroupedChart): void {
    this.#charts.add(chart);
    this.redraw(chart);
  }

  remove(chart: GroupedChart): void {
    this.#charts.delete(chart);
    this.#stale.delete(chart);
  }

  /** @param range of steps; null shows all */
  zoom(range: [number, number] | null): void {
    this.#zoom = range;
    this.redrawAll();
  }

  redrawAll(): void {
    for (const chart of this.#charts) this.#stale.add(chart);
    this.#schedule();
  }

  redraw(chart: GroupedChart): void {
    this.#stale.add(chart);
    this.#schedule();
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    this.#charts.clear();
    this.#stale.clear();
  }

  #schedule(): void {
    if (this.#frame === 0 && this.#stale.size > 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#frame = 0;
    const end = performance.now() + FRAME_BUDGET_MS;
    for (const chart of this.#stale) {
      this.#stale.delete(chart);
      chart.draw();
      if (performance.now() > end) break;
    }
    this.#schedule();
  }
}
