/** The kept session in a real IndexedDB and with real locks. */
import { afterEach, describe, expect, test } from 'vitest';
import { deleteDB } from 'idb';
import { openDatabase, type Database } from './database';
import { beTheOneTab } from './one-tab';

const NAME = 'autosave-test';
interface Image {
  id: string;
}
interface Item {
  boxes: number[][];
}
interface Values {
  mode: string;
  currentImage: string | null;
}

const open = (): Promise<Database<Image, Item, Values>> => openDatabase(NAME);

afterEach(() => deleteDB(NAME));

describe('records', () => {
  test('are there in the next visit, without those that were removed', async () => {
    const first = await open();
    expect(await first.read()).toEqual({ images: {}, items: {}, texts: {}, values: {} });
    await first.write({
      images: { a: { id: 'a' }, b: { id: 'b' } },
      items: { a: { boxes: [[0.1, 1 / 3, 2, 3]] } },
      texts: { 'x.xml': '<annotation/>', 'y.xml': '' },
      values: { mode: 'label', currentImage: 'a' },
    });
    await first.write({ images: { b: null }, texts: { 'y.xml': null }, values: { currentImage: null } });
    first.close();
    const next = await open();
    expect(await next.read()).toEqual({
      images: { a: { id: 'a' } },
      items: { a: { boxes: [[0.1, 1 / 3, 2, 3]] } },
      texts: { 'x.xml': '<annotation/>' },
      values: { mode: 'label', currentImage: null },
    });
    next.close();
  });

  test('are written in the order of the calls, nothing of a call that fails', async () => {
    const database = await open();
    const writes = Array.from({ length: 50 }, (_, at) => database.write({ items: { a: { boxes: [[at]] } } }));
    await Promise.all(writes);
    const bad = { boxes: [(() => 1) as unknown as number[]] };
    await expect(database.write({ images: { a: { id: 'a' } }, items: { a: bad } })).rejects.toMatchObject({
      detail: { code: 'storage' },
    });
    expect(await database.read()).toMatchObject({ images: {}, items: { a: { boxes: [[49]] } } });
    database.close();
  });

  test('that were asked for are written by a tab that closes at once', async () => {
    const first = await open();
    void first.write({ values: { mode: 'label' } });
    first.close();
    const next = await open();
    expect((await next.read()).values).toEqual({ mode: 'label' });
    next.close();
  });
});

test('one tab at a time has the session', async () => {
  const name = `one-tab-test-${Math.random()}`;
  expect(await beTheOneTab(name)).toBe(true);
  expect(await beTheOneTab(name, 50)).toBe(false);
});
