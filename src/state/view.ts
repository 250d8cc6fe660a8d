/** Slice: how results are looked at. Nothing here makes the model compute again. */
import type { StateCreator } from 'zustand/vanilla';

export type Theme = 'system' | 'light' | 'dark';
/** Whose path through the layers is drawn: nobody's, the followed query's, everybody's above the threshold. */
export type Trails = 'off' | 'one' | 'all';
export type SidePanel = 'detections' | 'label' | 'train' | 'model' | 'device';

export const MIN_THRESHOLD = 0.01;
export const MAX_THRESHOLD = 0.99;
export const SIDE_WIDTH = { least: 280, most: 640, start: 388 } as const;

export interface ViewSlice {
  /** Scores below it are not shown, 0.01..0.99. */
  threshold: number;
  /** 0 = query selection, i = decoder layer i, fractions in between; null = the last layer, whatever the model. */
  layerPosition: number | null;
  playing: boolean;
  trails: Trails;
  showLabels: boolean;
  selectedQuery: number | null;
  hoveredQuery: number | null;
  /** Class names that are not shown. */
  hiddenClasses: readonly string[];
  theme: Theme;
  sidePanel: SidePanel;
  /** Width of the side panel in CSS pixels. */
  sideWidth: number;
  setThreshold(value: number): void;
  setLayerPosition(position: number | null): void;
  setPlaying(playing: boolean): void;
  setTrails(trails: Trails): void;
  setShowLabels(show: boolean): void;
  selectQuery(query: number | null): void;
  hoverQuery(query: number | null): void;
  toggleClass(name: string): void;
  /** Shows `name` alone among `all`; called again it shows every class. */
  soloClass(name: string, all: readonly string[]): void;
  showAllClasses(): void;
  setTheme(theme: Theme): void;
  setSidePanel(panel: SidePanel): void;
  setSideWidth(width: number): void;
}

const between = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);

export const createViewSlice: StateCreator<ViewSlice, [], [], ViewSlice> = (set) => ({
  threshold: 0.3,
  layerPosition: null,
  playing: false,
  trails: 'one',
  showLabels: true,
  selectedQuery: null,
  hoveredQuery: null,
  hiddenClasses: [],
  theme: 'system',
  sidePanel: 'detections',
  sideWidth: SIDE_WIDTH.start,

  setThreshold: (value) => {
    if (Number.isFinite(value)) set({ threshold: between(value, MIN_THRESHOLD, MAX_THRESHOLD) });
  },
  setLayerPosition: (position) => set({ layerPosition: position === null ? null : Math.max(position, 0) }),
  setPlaying: (playing) => set({ playing }),
  setTrails: (trails) => set({ trails }),
  setShowLabels: (showLabels) => set({ showLabels }),
  selectQuery: (selectedQuery) => set({ selectedQuery }),
  hoverQuery: (hoveredQuery) => set({ hoveredQuery }),
  toggleClass: (name) =>
    set(({ hiddenClasses }) => ({
      hiddenClasses: hiddenClasses.includes(name)
        ? hiddenClasses.filter((each) => each !== name)
        : [...hiddenClasses, name],
    })),
  soloClass: (name, all) =>
    set(({ hiddenClasses }) => {
      const others = all.filter((each) => each !== name);
      const isSolo = !hiddenClasses.includes(name) && others.every((each) => hiddenClasses.includes(each));
      return { hiddenClasses: isSolo ? [] : others };
    }),
  showAllClasses: () => set({ hiddenClasses: [] }),
  setTheme: (theme) => set({ theme }),
  setSidePanel: (sidePanel) => set({ sidePanel }),
  setSideWidth: (width) => set({ sideWidth: Math.round(between(width, SIDE_WIDTH.least, SIDE_WIDTH.most)) }),
});
