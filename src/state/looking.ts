/** Opens and closes the view of what the followed query looked at. */
import type { AppStore } from './store';

/** Its panel is beside the detections. */
export function switchLooking(store: AppStore): void {
  const { looking, setLooking, setSidePanel } = store.getState();
  setLooking(!looking);
  if (!looking) setSidePanel('detections');
}
