import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseModel } from './model-option';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'stepdetr-model-')), 'my_model');
  mkdirSync(folder);
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

test('a folder gives its checkpoint files and its name', () => {
  for (const name of ['config.json', 'model.safetensors', 'README.md']) writeFileSync(join(folder, name), '');
  const paths = ['config.json', 'model.safetensors'].map((name) => join(folder, name));
  expect(parseModel(`${folder}/`)).toEqual({ kind: 'folder', name: 'my_model', paths });
});

test('the embedded id and hub ids', () => {
  expect(parseModel('stepdetr_s')).toEqual({ kind: 'embedded', id: 'stepdetr_s' });
  expect(parseModel('owner/some-model.v2')).toEqual({ kind: 'hub', repo: 'owner/some-model.v2' });
});

test.each(['unknown', './missing', 'a/b/c', ''])('%j is refused', (text) => {
  expect(() => parseModel(text)).toThrow('--model: expected');
});
