/**
 * Video frames as a resize reads them. Hardware reads them in place, as an external texture. Elsewhere the numbers have to be in
 * memory, and there the frame's own copy is the shortest way (1280 x 720 from I420: 0.7 ms, by way of a canvas 10, as an
 * ImageBitmap on its way from the page 2.5 more; the same bytes).
 */
import * as tf from '@tensorflow/tfjs-core';
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { isSoftwareAdapter } from '../adapter';
import type { ImageSource } from './device';

export const isFrame = (image: ImageSource): image is VideoFrame => 'displayWidth' in image;

/** Chromium before 131 has no adapterInfo on the device. */
export function isSoftware({ adapterInfo }: { adapterInfo?: GPUAdapterInfo }): boolean {
  return adapterInfo !== undefined && isSoftwareAdapter(adapterInfo);
}

/** False on software adapters, where Chromium's GPU process ends over frames, and in browsers without external textures. */
export const readsFrames = (device: GPUDevice): boolean => !isSoftware(device) && 'importExternalTexture' in device;

/** What the types of the DOM do not have yet: how a camera's frame is turned before it is shown. */
interface Turned {
  rotation?: number;
  flip?: boolean;
}

/** Whether the frame's own pixels are those that are shown, one by one. */
function isPlain(frame: VideoFrame): boolean {
  const { visibleRect, displayWidth, displayHeight } = frame;
  const { rotation = 0, flip = false } = frame as Turned;
  return rotation === 0 && !flip && visibleRect?.width === displayWidth && visibleRect.height === displayHeight;
}

/** @returns null where the browser cannot convert frames of this format */
async function pixelsOf(frame: VideoFrame): Promise<ImageData | null> {
  const { displayWidth, displayHeight } = frame;
  const pixels = new Uint8ClampedArray(4 * displayWidth * displayHeight);
  try {
    const format: VideoFrameCopyToOptions & { format: string } = { format: 'RGBA' };
    await frame.copyTo(pixels, format);
  } catch (thrown) {
    if (thrown instanceof DOMException || thrown instanceof TypeError) return null;
    throw thrown;
  }
  return new ImageData(pixels, displayWidth, displayHeight);
}

/**
 * The image as the resize on the current backend reads it soonest: a frame that it would have to draw first, in memory; anything
 * else as it is. The image stays the caller's; what is returned in its place needs no closing.
 */
export async function readable(image: ImageSource): Promise<ImageSource> {
  if (!isFrame(image) || !isPlain(image)) return image;
  const backend = tf.backend();
  if (backend instanceof WebGPUBackend && readsFrames(backend.device)) return image;
  return (await pixelsOf(image)) ?? image;
}
