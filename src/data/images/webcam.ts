/** One picture from the camera, for the page (workers have no camera). The camera is off again when the promise settles. */
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

/**
 * Asks for the camera, takes one frame and switches the camera off.
 * @returns the frame, owned by the caller
 * @throws DetectorError `image` when the camera is denied, absent or busy
 */
export async function webcamFrame(): Promise<ImageBitmap> {
  const stream = await openCamera();
  const video = document.createElement('video');
  try {
    video.muted = true;
    video.srcObject = stream;
    await video.play();
    for (let i = 0; i <= FRAMES_TO_SKIP; i++) await nextFrame(video);
    return await createImageBitmap(video);
  } finally {
    video.srcObject = null;
    for (const track of stream.getTracks()) track.stop();
  }
}
