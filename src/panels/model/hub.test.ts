import { describe, expect, it } from 'vitest';
import { HUB_EXAMPLES, readHubId } from './hub';

describe('readHubId', () => {
  it.each(HUB_EXAMPLES)('takes %s as it is', (repo) => expect(readHubId(repo)).toBe(repo));

  it.each([
    [' PekingU/rtdetr_r18vd ', 'PekingU/rtdetr_r18vd'],
    ['https://huggingface.co/PekingU/rtdetr_r18vd', 'PekingU/rtdetr_r18vd'],
    ['https://huggingface.co/PekingU/rtdetr_r18vd/tree/main', 'PekingU/rtdetr_r18vd'],
    ['https://hf.co/a/b-1.2/', 'a/b-1.2'],
  ])('reads %s', (text, repo) => expect(readHubId(text)).toBe(repo));

  it.each(['', 'name', 'a/b/c', '../secret', 'https://example.com/a/b', 'a b/c', '/a', 'a/..'])(
    'refuses "%s"',
    (text) => expect(readHubId(text)).toBeNull(),
  );
});
