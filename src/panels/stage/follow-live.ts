/** Shows the camera's picture on the stage while it is live, each frame as it comes; the boxes are those of the latest answer. */
import type { AppState, AppStore } from '../../state/store';
import type { Painter } from './painter';

export function followLive(
  store: AppStore,
  liveVideo: () => HTMLVideoElement | null,
  painter: Painter,
  fit: () => void,
): () => void {
  let shown: HTMLVideoElement | null = null;
  let frame = 0;

  const next = (video: HTMLVideoElement): void => {
    frame = video.requestVideoFrameCallback(() => {
      if (shown !== video) return;
      // A camera may turn while it is on.
      painter.setImage(video, { width: video.videoWidth, height: video.videoHeight });
      painter.refresh();
      next(video);
    });
  };

  const update = (state: AppState): void => {
    const video = state.live ? liveVideo() : null;
    if (video === shown) return;
    shown?.cancelVideoFrameCallback(frame);
    shown = video;
    if (video) {
      fit();
      painter.setImage(video, { width: video.videoWidth, height: video.videoHeight });
      next(video);
    } else if (state.currentImage === null) painter.setImage(null, { width: 0, height: 0 });
  };

  update(store.getState());
  const stop = store.subscribe(update);
  return () => {
    stop();
    shown?.cancelVideoFrameCallback(frame);
    shown = null;
  };
}
