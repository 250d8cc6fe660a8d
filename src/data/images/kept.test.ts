import { createHash } from 'node:crypto';
import { beforeEach, expect, it } from 'vitest';
import { writeBytes } from '../directory';
import { MemoryDirectory, type MemoryOptions } from '../testing/memory-directory';
import { keepImage, listKept, openKept, removeKept } from './kept';

let disk: MemoryDirectory;
const open = async (): Promise<MemoryDirectory> => disk;
const make = (options: MemoryOptions = {}): void => void (disk = new MemoryDirectory(options));
beforeEach(() => make());

const PHOTO = new Uint8Array(100_000).map((_, at) => at * 7);
const ID = createHash('sha256').update(PHOTO).digest('hex');

it.each<MemoryOptions>([{}, { sync: true, move: true }])(
  'keeps a photo once, under its sha256 (%o)',
  async (options) => {
    make(options);
    expect(await keepImage(new Blob([PHOTO]), open)).toBe(ID);
    expect(await keepImage(new File([PHOTO], 'other name.jpg'), open)).toBe(ID);
    expect(disk.files()).toEqual({ [`images/${ID}`]: PHOTO.length });
    expect(await listKept(open)).toEqual([ID]);
    const file = (await openKept(ID, 'cat.jpg', open))!;
    expect(file.name).toBe('cat.jpg');
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(PHOTO);
    await removeKept(ID, open);
    await removeKept(ID, open);
    expect([await openKept(ID, ID, open), await listKept(open)]).toEqual([null, []]);
  },
);

it('the same photo twice at a time is one file', async () => {
  make({ sync: true, move: true });
  expect(await Promise.all([keepImage(new Blob([PHOTO]), open), keepImage(new Blob([PHOTO]), open)])).toEqual([ID, ID]);
  expect(disk.files()).toEqual({ [`images/${ID}`]: PHOTO.length });
});

it('never lists what is cut off; deletes it after an hour', async () => {
  await keepImage(new Blob([PHOTO]), open);
  const folder = await disk.getDirectoryHandle('images');
  const [now, before] = [Date.now(), Date.now() - 3_700_000].map((time) => `${'0'.repeat(64)}.${time}-x1.part`);
  for (const name of [now!, before!, 'notes.txt']) await writeBytes(folder, name, 'half');
  expect(await listKept(open)).toEqual([ID]);
  expect(Object.keys(disk.files()).sort()).toEqual([`images/${now}`, `images/${ID}`, 'images/notes.txt'].sort());
  for (const name of [now!, 'notes.txt', '..']) expect(await openKept(name, name, open)).toBeNull();
});

it('leaves nothing where the disk is full, and says so', async () => {
  make({ quota: 50_000, sync: true, move: true });
  await expect(keepImage(new File([PHOTO], 'cat.jpg'), open)).rejects.toMatchObject({
    detail: { code: 'storage', subject: 'cat.jpg', message: 'the browser’s storage has no room for it' },
  });
  expect(disk.files()).toEqual({});
});

it('is empty at first', async () => expect([await listKept(open), await openKept(ID, ID, open)]).toEqual([[], null]));
