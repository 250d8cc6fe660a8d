/** A small picture, decoded; it is closed when another takes its place. */
import { useEffect, useState } from 'react';

/** Null while it is decoded, and where it cannot be. */
export function usePicture(blob: Blob): ImageBitmap | null {
  const [decoded, setDecoded] = useState<{ blob: Blob; bitmap: ImageBitmap } | null>(null);
  useEffect(() => {
    let bitmap: ImageBitmap | null = null;
    let isGone = false;
    createImageBitmap(blob).then(
      (made) => {
        if (isGone) return made.close();
        bitmap = made;
        setDecoded({ blob, bitmap });
      },
      // Boxes are drawn without it.
      () => undefined,
    );
    return () => {
      isGone = true;
      bitmap?.close();
    };
  }, [blob]);
  // The one before may be closed already.
  return decoded?.blob === blob ? decoded.bitmap : null;
}
