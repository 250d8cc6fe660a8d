import { describe, expect, it, vi } from 'vitest';
import { findFile, removeIfThere, type Directory } from './directory';

const failing = (error: string, times: number): { folder: Directory; tries: () => number } => {
  let tries = 0;
  const getFile = (): Promise<Blob> => {
    tries++;
    return tries > times ? Promise.resolve(new Blob(['whole'])) : Promise.reject(new DOMException(error, error));
  };
  return { folder: { getFileHandle: async () => ({ getFile }) } as unknown as Directory, tries: () => tries };
};

describe('a file that another request is just done with', () => {
  it('is read at a later try', async () => {
    const { folder, tries } = failing('InvalidStateError', 2);
    expect(await (await findFile(folder, 'a'))!.text()).toBe('whole');
    expect(tries()).toBe(3);
  });

  it('is given up after a while, and other errors at once', async () => {
    vi.useFakeTimers();
    const again = failing('InvalidStateError', Infinity);
    const given = expect(findFile(again.folder, 'a')).rejects.toThrow('InvalidStateError');
    await vi.runAllTimersAsync();
    await given;
    expect(again.tries()).toBe(6);
    vi.useRealTimers();
    const other = failing('SecurityError', Infinity);
    await expect(findFile(other.folder, 'a')).rejects.toThrow('SecurityError');
    expect(other.tries()).toBe(1);
  });

  it('is removed at a later try', async () => {
    const removeEntry = vi
      .fn()
      .mockRejectedValueOnce(new DOMException('busy', 'InvalidStateError'))
      .mockResolvedValue(undefined);
    await removeIfThere({ removeEntry } as unknown as Directory, 'a');
    expect(removeEntry).toHaveBeenCalledTimes(2);
  });
});
