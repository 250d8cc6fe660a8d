/** What every picture of the panel is made from. */
import type { QueryViews } from '../../lib/query-views';
import type { ImageDetections } from '../../lib/types';

export interface ShownViews {
  views: QueryViews;
  /** Of the same model and image. */
  result: ImageDetections;
  /** The image or a reduced copy of it; null while it is decoded. */
  picture: ImageBitmap | null;
  /** Told the numbers under the pointer; null when it is gone. */
  onPoint(text: string | null): void;
}
