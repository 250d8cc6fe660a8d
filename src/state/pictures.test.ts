import { describe, expect, it, vi } from 'vitest';
import { Pictures, type Decoded } from './pictures';

function fixture() {
  const closed: string[] = [];
  const decode = vi.fn(async (_blob: Blob, name: string): Promise<Decoded> => ({
    bitmap: { close: () => void closed.push(name) } as unknown as ImageBitmap,
    width: 4,
    height: 3,
  }));
  const pictures = new Pictures(decode);
  for (const id of ['a', 'b', 'c', 'd']) pictures.add(id, new Blob([id]));
  return { pictures, decode, closed };
}

describe('Pictures', () => {
  it('decodes once and keeps the three that were used last', async () => {
    const { pictures, decode, closed } = fixture();
    for (const id of ['a', 'b', 'a', 'c', 'd']) await pictures.bitmap(id, id);
    expect(decode).toHaveBeenCalledTimes(4);
    await vi.waitFor(() => expect(closed).toEqual(['b']));
    await pictures.bitmap('a', 'a');
    expect(decode).toHaveBeenCalledTimes(4);
  });

  it('closes and forgets what is removed', async () => {
    const { pictures, closed } = fixture();
    await pictures.bitmap('a', 'a');
    pictures.remove('a');
    await vi.waitFor(() => expect(closed).toEqual(['a']));
    expect(pictures.blob('a')).toBeUndefined();
    expect(pictures.bitmap('a', 'a')).toBeUndefined();
  });

  it('revokes the address of a thumbnail that is replaced or removed', () => {
    const { pictures } = fixture();
    const revoked = vi.spyOn(URL, 'revokeObjectURL');
    const first = pictures.setThumbnail('a', new Blob(['1']));
    const second = pictures.setThumbnail('a', new Blob(['2']));
    pictures.clear();
    expect(revoked.mock.calls.flat()).toEqual([first, second]);
    expect(pictures.setThumbnail('gone', new Blob())).toBeNull();
    revoked.mockRestore();
  });
});
