/** Slice: the images on the page, what was found on them, which one is shown, and files that were refused. */
import type { StateCreator } from 'zustand/vanilla';
import type { AppError } from '../lib/errors';
import type { ImageDetections } from '../lib/types';

export type ImageOrigin = 'sample' | 'file' | 'paste' | 'webcam';

/**
 * `stored`: shows detections that came with the page, not made here and now. `skipped`: its turn was cancelled; it is
 * detected when it is shown again.
 */
export type ImageStatus = 'waiting' | 'detecting' | 'done' | 'stored' | 'skipped' | 'failed';

/** The picture itself is kept outside of the store (src/state/pictures.ts), under the same id. */
export interface ImageItem {
  id: string;
  /** File name; with its folder where it came in one. */
  name: string;
  origin: ImageOrigin;
  status: ImageStatus;
  /** Upright size in pixels, 0 until it is known. */
  width: number;
  height: number;
  /** Object URL of a small picture (made and revoked by src/state/pictures.ts). */
  thumbnail?: string;
  error?: AppError;
}

export interface ImagesSlice {
  /** In the order of the strip. */
  images: ImageItem[];
  currentImage: string | null;
  results: Record<string, ImageDetections>;
  /** Files that could not be taken in, newest last. */
  refusals: AppError[];
  addImage(item: ImageItem): void;
  /** Forgets an image; the neighbour is shown when it was the current one. */
  removeImage(id: string): void;
  clearImages(): void;
  showImage(id: string): void;
  /** Shows the image `by` places further in the strip; stops at the ends. */
  stepImage(by: number): void;
  setThumbnail(id: string, url: string): void;
  /** Upright size in pixels, where it is known before the image was detected. */
  setImageSize(id: string, width: number, height: number): void;
  setImageStatus(id: string, status: ImageStatus, error?: AppError): void;
  /** Keeps a result. `stored` results never replace live ones. */
  setResult(id: string, result: ImageDetections, stored?: boolean): void;
  refuse(error: AppError): void;
  /** Takes back what was refused, or says something else in its place; nothing happens where it has been dismissed. */
  retract(error: AppError, instead?: AppError): void;
  dismissRefusal(index: number): void;
  dismissRefusals(): void;
}

const changed = (images: ImageItem[], id: string, change: Partial<ImageItem>): ImageItem[] =>
  images.map((item) => (item.id === id ? { ...item, ...change } : item));

/** The record without one key. */
function without<T>(record: Record<string, T>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([each]) => each !== key));
}

function withStatus(item: ImageItem, status: ImageStatus, error?: AppError): ImageItem {
  const next = { ...item, status };
  delete next.error;
  return error ? { ...next, error } : next;
}

export const createImagesSlice: StateCreator<ImagesSlice, [], [], ImagesSlice> = (set, get) => ({
  images: [],
  currentImage: null,
  results: {},
  refusals: [],

  addImage: (item) =>
    set(({ images, currentImage }) => ({ images: [...images, item], currentImage: currentImage ?? item.id })),

  removeImage: (id) =>
    set(({ images, currentImage, results }) => {
      const at = images.findIndex((item) => item.id === id);
      if (at < 0) return {};
      const left = images.filter((item) => item.id !== id);
      const neighbour = left[Math.min(at, left.length - 1)]?.id ?? null;
      return {
        images: left,
        results: without(results, id),
        currentImage: currentImage === id ? neighbour : currentImage,
      };
    }),

  clearImages: () => set({ images: [], currentImage: null, results: {}, refusals: [] }),

  showImage: (id) => {
    if (get().images.some((item) => item.id === id)) set({ currentImage: id });
  },

  stepImage: (by) => {
    const { images, currentImage } = get();
    const at = images.findIndex((item) => item.id === currentImage);
    const next = images[Math.min(Math.max(at + by, 0), images.length - 1)];
    if (next) set({ currentImage: next.id });
  },

  setThumbnail: (id, url) => set(({ images }) => ({ images: changed(images, id, { thumbnail: url }) })),

  setImageSize: (id, width, height) => set(({ images }) => ({ images: changed(images, id, { width, height }) })),

  setImageStatus: (id, status, error) =>
    set(({ images }) => ({
      images: images.map((item) => (item.id === id ? withStatus(item, status, error) : item)),
    })),

  setResult: (id, result, stored = false) =>
    set(({ images, results }) => {
      const item = images.find((each) => each.id === id);
      if (!item || (stored && results[id])) return {};
      return {
        images: changed(images, id, {
          status: stored ? 'stored' : 'done',
          width: result.width,
          height: result.height,
        }),
        results: { ...results, [id]: result },
      };
    }),

  refuse: (error) => set(({ refusals }) => ({ refusals: [...refusals, error] })),
  retract: (error, instead) =>
    set(({ refusals }) => ({
      refusals: refusals.flatMap((one) => (one !== error ? [one] : instead ? [instead] : [])),
    })),
  dismissRefusal: (index) => set(({ refusals }) => ({ refusals: refusals.filter((_, at) => at !== index) })),
  dismissRefusals: () => set({ refusals: [] }),
});
