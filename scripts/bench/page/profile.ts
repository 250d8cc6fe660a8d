/** What each part of one detection costs against the device's own peak, by the profiler of the Device panel. */
import type { ProfileReport } from '../../../src/lib/profile';
import { openOwn, sampleFile, stepDetr } from './own-engine';

const PHOTO = 'cat';

export async function profile(): Promise<ProfileReport> {
  const { engine } = await openOwn(await stepDetr());
  return engine.profile(await sampleFile(PHOTO), PHOTO, new AbortController().signal);
}
