/** Slice: what the followed query looked at, asked for while the "Looked at" view is open, and how it is drawn. */
import type { StateCreator } from 'zustand/vanilla';
import type { AppError } from '../lib/errors';
import type { QueryViews } from '../lib/query-views';
import type { ImageDetections } from '../lib/types';

/** `head`: sampling points of the shown layer, coloured by head. `layer`: of all layers up to it, coloured by layer. */
export type PointColour = 'head' | 'layer';

/** The query that is asked about; `result` is what it was seen in, so that a new result is a new question. */
export interface ViewsQuestion {
  image: string;
  query: number;
  result: ImageDetections;
}

export interface AskedViews extends ViewsQuestion {
  job: string;
  /** Neither of them: it is under way. */
  data?: QueryViews;
  error?: AppError;
}

export interface QueryViewsSlice {
  /** Whether the "Looked at" view is open. */
  looking: boolean;
  askedViews: AskedViews | null;
  /** The attention head that is drawn; null = all of them. */
  lookHead: number | null;
  lookColour: PointColour;
  /** Whether lines to the queries that it attended to are drawn. */
  lookAmong: boolean;
  setLooking(looking: boolean): void;
  /** Forgets the question before; null asks nothing. */
  askViews(question: (ViewsQuestion & { job: string }) | null): void;
  /** Ends job `job`; one that nobody waits for any more changes nothing. */
  setViews(job: string, data: QueryViews): void;
  failViews(job: string, error: AppError): void;
  setLookHead(head: number | null): void;
  setLookColour(colour: PointColour): void;
  setLookAmong(among: boolean): void;
}

export const createQueryViewsSlice: StateCreator<QueryViewsSlice, [], [], QueryViewsSlice> = (set) => ({
  looking: false,
  askedViews: null,
  lookHead: null,
  lookColour: 'head',
  lookAmong: true,
  setLooking: (looking) => set({ looking }),
  askViews: (askedViews) => set({ askedViews }),
  setViews: (job, data) =>
    set(({ askedViews, lookHead }) => {
      if (askedViews?.job !== job) return {};
      const heads = Math.max(0, ...data.layers.map(({ places, cross }) => (places ?? cross)?.heads ?? 0));
      // A head of one model need not be there in the next.
      return { askedViews: { ...askedViews, data }, lookHead: lookHead !== null && lookHead < heads ? lookHead : null };
    }),
  failViews: (job, error) =>
    set(({ askedViews }) => (askedViews?.job === job ? { askedViews: { ...askedViews, error } } : {})),
  setLookHead: (lookHead) => set({ lookHead }),
  setLookColour: (lookColour) => set({ lookColour }),
  setLookAmong: (lookAmong) => set({ lookAmong }),
});
