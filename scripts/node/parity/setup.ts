/** Before each parity test file in Node: the browser's names over Dawn, once a process; tests of the browser itself are skipped. */
import { join, relative } from 'node:path';
import { beforeEach, type TestContext } from 'vitest';
import { ROOT } from '../../app/build';
import { WHY_NO_GPU } from '../platform/gpu';
import { installPlatform } from '../platform/install';
import { BROWSER_ONLY_TESTS } from './browser-only';

const here = globalThis as { stepdetrPlatform?: Awaited<ReturnType<typeof installPlatform>> };
here.stepdetrPlatform ??= await installPlatform({ adapter: 'software', files: join(ROOT, 'public') });
if (!here.stepdetrPlatform.gpu) throw new Error(WHY_NO_GPU);

/** The test's name and those of what it stands in, as browser-only.ts writes them: `file > describe > test`, `file > describe`. */
function namesOf({ file, suite, name }: Readonly<TestContext['task']>): string[] {
  const parts = [name];
  for (let at = suite; at && at !== file; at = at.suite) parts.unshift(at.name);
  return parts.map((_, last) => [relative(ROOT, file.filepath), ...parts.slice(0, last + 1)].join(' > '));
}

beforeEach(({ task, skip }) => {
  const [reason] = namesOf(task).flatMap((name) => BROWSER_ONLY_TESTS[name] ?? []);
  if (reason !== undefined) skip(reason);
});
