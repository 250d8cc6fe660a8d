/** Before each parity test file in Node: the browser's names over Dawn, once a process. */
import { join } from 'node:path';
import { ROOT } from '../../app/build';
import { WHY_NO_GPU } from '../platform/gpu';
import { installPlatform } from '../platform/install';

const here = globalThis as { stepdetrPlatform?: Awaited<ReturnType<typeof installPlatform>> };
here.stepdetrPlatform ??= await installPlatform({ adapter: 'software', files: join(ROOT, 'public') });
if (!here.stepdetrPlatform.gpu) throw new Error(WHY_NO_GPU);
