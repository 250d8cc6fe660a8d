/** Runs the animation while the store says that it plays. */
import { useEffect } from 'react';
import { useAppState, useAppStore } from '../../state/react';
import { layerCount } from '../../state/select';
import { playTime, positionAt, steppedAt } from './timeline';

export function usePlay(): void {
  const store = useAppStore();
  const playing = useAppState((state) => state.playing);
  const last = useAppState(layerCount) - 1;

  useEffect(() => {
    if (!playing || last < 1) return;
    const place = matchMedia('(prefers-reduced-motion: reduce)').matches ? steppedAt : positionAt;
    const start = performance.now();
    let frame = 0;
    const tick = (now: number): void => {
      const { setLayerPosition, setPlaying } = store.getState();
      const elapsed = Math.max(now - start, 0);
      if (elapsed >= playTime(last)) {
        setLayerPosition(null);
        setPlaying(false);
        return;
      }
      setLayerPosition(place(elapsed, last));
      frame = requestAnimationFrame(tick);
    };
    frame = requestAnimationFrame(tick);
    return () => cancelAnimationFrame(frame);
  }, [playing, last, store]);
}
