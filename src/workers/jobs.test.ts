import { expect, test } from 'vitest';
import { Turn } from './jobs';

/** Pieces of work that end when the test says so. */
function pieces(turn: Turn) {
  const said: string[] = [];
  const ends = new Map<string, () => void>();
  const until = (name: string): Promise<void> => new Promise((resolve) => ends.set(name, resolve));
  const take = (name: string): Promise<void> =>
    turn.take(async () => {
      said.push(`${name} begins`);
      await until(name);
      said.push(`${name} ends`);
    });
  const overlap = (name: string): Promise<void> =>
    turn.overlap(async (handed) => {
      said.push(`${name} begins`);
      await until(`${name}'s commands`);
      handed();
      await until(name);
      said.push(`${name} ends`);
    });
  const end = async (name: string): Promise<void> => {
    ends.get(name)!();
    await settled();
  };
  return { said, take, overlap, end };
}

const settled = (): Promise<void> => new Promise((done) => setTimeout(done));

test('work runs in its order, one piece at a time', async () => {
  const { said, take, end } = pieces(new Turn());
  const all = ['a', 'b'].map(take);
  await settled();
  expect(said).toEqual(['a begins']);
  await end('a');
  expect(said).toEqual(['a begins', 'a ends', 'b begins']);
  await end('b');
  await Promise.all(all);
});

test('pieces that may overlap wait for each other’s commands only, other work for their ends', async () => {
  const { said, take, overlap, end } = pieces(new Turn());
  const all = [overlap('a'), overlap('b'), take('c'), overlap('d')];
  await settled();
  expect(said).toEqual(['a begins']);
  await end("a's commands");
  expect(said).toEqual(['a begins', 'b begins']);
  await end("b's commands");
  await end('b');
  expect(said).toEqual(['a begins', 'b begins', 'b ends']);
  await end('a');
  expect(said.slice(3)).toEqual(['a ends', 'c begins']);
  await end('c');
  expect(said.slice(5)).toEqual(['c ends', 'd begins']);
  await end("d's commands");
  await end('d');
  await Promise.all(all);
});

test('one that fails, or ends without a word of its commands, holds nobody up', async () => {
  const turn = new Turn();
  const failed = turn.overlap(() => Promise.reject(new Error('lost')));
  const quiet = turn.overlap(async () => 'quiet');
  const next = turn.take(async () => 'next');
  await expect(failed).rejects.toThrow('lost');
  expect([await quiet, await next]).toEqual(['quiet', 'next']);
});
