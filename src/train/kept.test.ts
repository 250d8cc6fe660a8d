import { expect, it } from 'vitest';
import { Kept } from './kept';

it('keeps what was used lately within its size, and tells what goes', () => {
  const gone: string[] = [];
  const kept = new Kept<string>(10, (value) => gone.push(value));
  kept.get('a', 4, () => 'A');
  kept.get('b', 4, () => 'B');
  expect(kept.peek('a')).toBe('A');
  kept.get('c', 4, () => 'C');
  expect(gone).toEqual(['B']);
  expect(kept.get('a', 4, () => 'again')).toBe('A');
  expect(kept.peek('b')).toBeUndefined();
  kept.get('d', 40, () => 'D');
  expect(gone).toEqual(['B', 'C', 'A']);
  expect(kept.peek('d')).toBe('D');
  kept.clear();
  expect(gone).toEqual(['B', 'C', 'A', 'D']);
  expect(kept.peek('d')).toBeUndefined();
});
