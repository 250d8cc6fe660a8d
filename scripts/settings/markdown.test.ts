import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { settingsMarkdown } from './markdown';

/** Prettier pads the columns. */
const plain = (text: string): string => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---');

it('docs/settings.md says what the code says (npm run settings)', () => {
  const written = readFileSync(new URL('../../docs/settings.md', import.meta.url), 'utf8');
  expect(plain(written)).toBe(plain(settingsMarkdown()));
});
