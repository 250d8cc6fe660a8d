/** What the tests of the worker share. */
import { openEmbedded, type Checkpoint } from '../data/checkpoint';

/** The embedded model for images of 192: its weights fit any size, and a software GPU encodes a quarter of the pixels in a quarter of the time. */
export async function smallEmbedded(): Promise<Checkpoint> {
  const side = 192;
  const embedded = await openEmbedded('stepdetr_s', location.origin, () => undefined, new AbortController().signal);
  const size = { height: side, width: side };
  return {
    ...embedded,
    config: { ...embedded.config, image_size: side },
    preprocessor: { ...embedded.preprocessor, size },
  };
}
