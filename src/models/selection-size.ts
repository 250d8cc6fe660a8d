/** What a query selection over the memory's tokens asks of the input's size. */
import { DetectorError } from '../lib/errors';

/** @throws DetectorError `checkpoint`: every query is a token of its own */
export function refuseFewTokens(queries: number, tokens: number): void {
  if (queries <= tokens) return;
  throw new DetectorError(
    'checkpoint',
    'config.json',
    `num_queries: expected at most ${tokens}, the number of memory tokens, got ${queries}`,
  );
}

/**
 * @param anchorSize [height, width] that the checkpoint's anchors are made for, where it says so
 * @throws DetectorError `unsupported` for an input of another size
 */
export function refuseOtherAnchors(anchorSize: readonly number[] | undefined, size: readonly [number, number]): void {
  if (!anchorSize || anchorSize.every((side, axis) => side === size[axis])) return;
  throw new DetectorError(
    'unsupported',
    'config.json',
    `anchor_image_size: expected the size of the input, ${size.join(' x ')}, got ${anchorSize.join(' x ')}`,
  );
}
