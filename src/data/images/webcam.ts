/** The camera, for the page (workers have none): one picture, or live until it is closed. */
import { DetectorError } from '../../lib/errors';

/** Cameras open with dark frames while they measure the light. */
const FRAMES_TO_SKIP = 5;

const REASONS: Record<string, { message: string; hint: string }> = {
  NotAllowedError: {
    message: 'expected permission to use the camera, got none',
    hint: 'Allow the camera in the address bar’s site settings and try again.',
  },
  NotFoundError: { message: 'expected a camera, found none', hint: 'Connect one, or drop a photo.' },
  NotReadableError: {
    message: 'expected a free camera, got one that cannot be opened',
    hint: 'Close other programs that use it.',
  },
};

async function openCamera(): Promise<MediaStream> {
  // Absent outside secure contexts, whatever its type says.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices) {
    throw new DetectorError('image', 'webcam', 'expected a page on https or localhost, got one without camera access');
  }
  try {
    return await devices.getUserMedia({ audio: false, video: { width: { ideal: 1280 }, height: { ideal: 720 } } });
  } catch (thrown) {
    const name = thrown instanceof DOMException ? thrown.name : '';
    const { message, hint } = REASONS[name] ?? { message: `the camera failed: ${String(thrown)}`, hint: 'Try again.' };
    throw new DetectorError('image', 'webcam', message, hint);
  }
}

const nextFrame = (video: HTMLVideoElement): Promise<void> =>
  new Promise((done) => void video.requestVideoFrameCallback(() => done()));

/** Asks for the camera and waits until it is past its first dark frames. */
async function play(stream: MediaStream): Promise<HTMLVideoElement> {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  await video.play();
  for (let i = 0; i <= FRAMES_TO_SKIP; i++) await nextFrame(video);
  return video;
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/**
 * Asks for the camera, takes one frame and switches the camera off.
 * @returns the frame, owned by the caller
 * @throws DetectorError `image` when the camera is denied, absent or busy
 */
export async function webcamFrame(): Promise<ImageBitmap> {
  const stream = await openCamera();
  try {
    return await createImageBitmap(await play(stream));
  } finally {
    stop(stream);
  }
}

/**
 * A camera that stays on until it is closed. What it shows is held nowhere but in the video element, which has the newest frame.
 */
class Webcam {
  private isClosed = false;

  constructor(
    readonly video: HTMLVideoElement,
    private readonly stream: MediaStream,
  ) {}

  /** Calls back for each new frame; the browser calls for none while the page is hidden. */
  onFrame(callback: () => void): void {
    const next = (): void => {
      if (this.isClosed) return;
      callback();
      this.video.requestVideoFrameCallback(next);
    };
    this.video.requestVideoFrameCallback(next);
  }

  /** Calls back when the camera is unplugged or taken away. */
  onEnd(callback: () => void): void {
    for (const track of this.stream.getVideoTracks()) track.addEventListener('ended', callback);
  }

  setEnabled(enabled: boolean): void {
    for (const track of this.stream.getVideoTracks()) track.enabled = enabled;
  }

  /** The newest frame, the caller's to close: where the browser has such, the camera's own one, of which nothing is copied. */
  async capture(): Promise<ImageBitmap | VideoFrame | null> {
    const { video } = this;
    if (this.isClosed || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || video.videoWidth === 0) return null;
    return 'VideoFrame' in globalThis ? new VideoFrame(video) : createImageBitmap(video);
  }

  close(): void {
    this.isClosed = true;
    this.video.srcObject = null;
    stop(this.stream);
  }
}

/** @throws DetectorError `image` when the camera is denied, absent or busy */
export async function openWebcam(): Promise<Webcam> {
  const stream = await openCamera();
  try {
    return new Webcam(await play(stream), stream);
  } catch (thrown) {
    stop(stream);
    throw thrown;
  }
}
