import { describe, expect, it } from 'vitest';
import { findFile, type Directory } from './directory';

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
    const again = failing('InvalidStateError', Infinity);
    await expect(findFile(again.folder, 'a')).rejects.toThrow('InvalidStateError');
    expect(again.tries()).toBe(5);
    const other = failing('SecurityError', Infinity);
    await expect(findFile(other.folder, 'a')).rejects.toThrow('SecurityError');
    expect(other.tries()).toBe(1);
  });
});
