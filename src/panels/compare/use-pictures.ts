/** Mounts the two canvases and keeps them at what is shown. */
import { useEffect, useMemo, useRef, type RefObject } from 'react';
import { SIDES, type Side } from '../../lib/compare-models';
import { useAppState, useCommands, useCompare, useCompareStore } from '../../state/react';
import { currentItem } from '../../state/select';
import type { ZoomActions } from '../../ui/ZoomButtons';
import { mountPictures, type PicturesHandle } from './mount-pictures';
import { sceneOf } from './scene';
import { togetherWith, type Shown } from './use-comparison';

export interface PictureRefs {
  frame: RefObject<HTMLDivElement | null>;
  canvas: RefObject<HTMLCanvasElement | null>;
}

export function usePictures(shown: Shown): { elements: Record<Side, PictureRefs>; zoom: ZoomActions } {
  const store = useCompareStore();
  const elements = usePictureRefs();
  const handle = useRef<PicturesHandle>(null);
  const now = useRef(shown);

  useEffect(() => {
    const { left, right } = elements;
    if (!left.frame.current || !left.canvas.current || !right.frame.current || !right.canvas.current) return;
    const parts = {
      left: { frame: left.frame.current, canvas: left.canvas.current },
      right: { frame: right.frame.current, canvas: right.canvas.current },
    };
    const pictures = mountPictures(parts, (side, index) => {
      // The scene has the best box last.
      const { found } = now.current.sides[side];
      const box = index < 0 ? undefined : found[found.length - 1 - index];
      store.getState().highlight(box ? togetherWith(now.current.comparison, box.key) : []);
    });
    handle.current = pictures;
    return () => {
      handle.current = null;
      pictures.destroy();
    };
  }, [elements, store]);

  useEffect(() => {
    now.current = shown;
  }, [shown]);
  useScenes(shown, handle);
  useImage(handle);
  const zoom = useMemo(
    () => ({
      in: () => handle.current?.zoom.in(),
      out: () => handle.current?.zoom.out(),
      fit: () => handle.current?.zoom.fit(),
    }),
    [],
  );
  return { elements, zoom };
}

function usePictureRefs(): Record<Side, PictureRefs> {
  const [leftFrame, rightFrame] = [useRef<HTMLDivElement>(null), useRef<HTMLDivElement>(null)];
  const [leftCanvas, rightCanvas] = [useRef<HTMLCanvasElement>(null), useRef<HTMLCanvasElement>(null)];
  return useMemo(
    () => ({ left: { frame: leftFrame, canvas: leftCanvas }, right: { frame: rightFrame, canvas: rightCanvas } }),
    [leftFrame, leftCanvas, rightFrame, rightCanvas],
  );
}

function useScenes({ sides, comparison }: Shown, handle: RefObject<PicturesHandle | null>): void {
  const highlighted = useCompare((state) => state.highlighted);
  useEffect(() => {
    const keys = new Set(highlighted);
    for (const side of SIDES) {
      const alone = new Set(comparison?.only[side].map(({ key }) => key));
      handle.current?.setScene(side, sceneOf(sides[side].found, keys, alone));
    }
  }, [sides, comparison, highlighted, handle]);
}

/** The current image as soon as it is decoded. */
function useImage(handle: RefObject<PicturesHandle | null>): void {
  const commands = useCommands();
  const id = useAppState((state) => state.currentImage);
  const width = useAppState((state) => currentItem(state)?.width ?? 0);
  const height = useAppState((state) => currentItem(state)?.height ?? 0);
  useEffect(() => {
    let gone = false;
    handle.current?.zoom.fit();
    handle.current?.setImage(null, { width, height });
    const picture = id === null ? undefined : commands.picture(id);
    picture?.then(
      ({ bitmap, ...size }) => {
        if (!gone) handle.current?.setImage(bitmap, size);
      },
      // Both models say why it cannot be read.
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, [id, width, height, commands, handle]);
}
