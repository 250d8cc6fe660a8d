/** The folder on disk behaves as the browser's private file system does where the worker relies on it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { findFile, findFolder, openAppender, removeIfThere, renameFile, writeBytes } from '../../../src/data/directory';
import { DiskDirectory } from './storage';

const path = mkdtempSync(join(tmpdir(), 'stepdetr-test-'));
const root = new DiskDirectory(path);
afterAll(() => rmSync(path, { recursive: true }));

const text = async (name: string): Promise<string | undefined> => (await findFile(root, name))?.text();

it('writes, goes on after a given byte, renames and removes', async () => {
  await writeBytes(root, 'one', 'abcdef');
  const appender = await openAppender(root, 'one', 3);
  await appender.write(new TextEncoder().encode('XY'));
  await appender.close();
  expect(await text('one')).toBe('abcXY');
  await writeBytes(root, 'two', 'old');
  await renameFile(root, 'one', 'two');
  expect([await text('one'), await text('two')]).toEqual([undefined, 'abcXY']);
  await removeIfThere(root, 'two');
  await removeIfThere(root, 'two');
  expect(await text('two')).toBeUndefined();
});

it('a file that was read stays as it was', async () => {
  await writeBytes(root, 'kept', 'before');
  const read = (await findFile(root, 'kept'))!;
  await writeBytes(root, 'kept', 'after');
  expect([await read.text(), await text('kept')]).toEqual(['before', 'after']);
});

it('folders: made when asked for, listed, not removed while they hold something', async () => {
  expect(await findFolder(root, 'runs')).toBeNull();
  const folder = await root.getDirectoryHandle('runs', { create: true });
  await writeBytes(folder, 'log', '1');
  const names: string[] = [];
  for await (const name of folder.keys()) names.push(name);
  expect(names).toEqual(['log']);
  await expect(root.removeEntry('runs')).rejects.toMatchObject({ name: 'InvalidModificationError' });
  await expect(root.getFileHandle('runs')).rejects.toMatchObject({ name: 'TypeMismatchError' });
  await removeIfThere(root, 'runs');
  expect(await findFolder(root, 'runs')).toBeNull();
});
