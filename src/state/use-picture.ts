/** The decoded picture of an image on the page. */
import { useEffect, useState } from 'react';
import { useCommands } from './react';

/** Null while it is decoded, and where it cannot be: then marks are drawn without it. */
export function usePicture(id: string): ImageBitmap | null {
  const commands = useCommands();
  const [decoded, setDecoded] = useState<{ id: string; bitmap: ImageBitmap } | null>(null);
  useEffect(() => {
    let isGone = false;
    commands.picture(id)?.then(
      ({ bitmap }) => {
        if (!isGone) setDecoded({ id, bitmap });
      },
      () => undefined,
    );
    return () => {
      isGone = true;
    };
  }, [commands, id]);
  return decoded?.id === id ? decoded.bitmap : null;
}
