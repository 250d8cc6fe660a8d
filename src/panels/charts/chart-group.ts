/**
 * Charts that share their axis of steps: one cursor, one zoom, and a budget of time per frame for drawing, so that many charts
 * of many points leave the page as quick as it is without them.
 */

/** What drawing may take of a frame; the charts that are left come with the next one. */
const FRAME_BUDGET_MS = 8;
/** The browser paints a canvas after the script that drew it, so its time cannot be measured here: few at a time. */
const FRAME_CHARTS = 3;
/** Nobody reads new numbers faster than this. */
const GROWTH_MS = 250;

export interface GroupedChart {
  /** Whether there was anything to draw: a chart that is not on the screen has nothing. */
  draw(): boolean;
}

export class ChartGroup {
  /** Name under which uPlot shares the cursor. */
  readonly key: string;
  readonly #charts = new Set<GroupedChart>();
  readonly #stale = new Set<GroupedChart>();
  readonly #extent: () => [number, number];
  #zoom: [number, number] | null = null;
  #frame = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

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

  /** There are new numbers. */
  grew(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.redrawAll();
    }, GROWTH_MS);
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
    clearTimeout(this.#timer);
    this.#frame = 0;
    this.#timer = undefined;
    this.#charts.clear();
    this.#stale.clear();
  }

  #schedule(): void {
    if (this.#frame === 0 && this.#stale.size > 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#frame = 0;
    const end = performance.now() + FRAME_BUDGET_MS;
    let drawn = 0;
    for (const chart of this.#stale) {
      this.#stale.delete(chart);
      if (chart.draw()) drawn++;
      if (drawn >= FRAME_CHARTS || performance.now() > end) break;
    }
    this.#schedule();
  }
}
