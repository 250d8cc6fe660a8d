import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Directory, OpenRoot } from './directory';
import { keepAwake } from './keep-awake';
import { MemoryDirectory } from './testing/memory-directory';

const TEN_MINUTES = 10 * 60_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('asks more often than every ten minutes, until it is ended', async () => {
  const folder: Directory = new MemoryDirectory();
  const keys = vi.spyOn(folder, 'keys');
  const end = keepAwake(async () => folder);
  await vi.advanceTimersByTimeAsync(TEN_MINUTES);
  const asked = keys.mock.calls.length;
  expect(asked).toBeGreaterThanOrEqual(2);
  end();
  await vi.advanceTimersByTimeAsync(TEN_MINUTES);
  expect(keys).toHaveBeenCalledTimes(asked);
});

test('goes on where there is no storage', async () => {
  const open = vi.fn<OpenRoot>(() => Promise.reject(new DOMException('no private file system', 'SecurityError')));
  const end = keepAwake(open);
  await vi.advanceTimersByTimeAsync(TEN_MINUTES);
  expect(open.mock.calls.length).toBeGreaterThanOrEqual(2);
  end();
});
