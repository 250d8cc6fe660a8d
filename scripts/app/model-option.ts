/** The `--model` option: an embedded model's id, a checkpoint folder, or a Hugging Face hub id. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { ModelInfo } from '../../src/lib/types';
import { valueOf } from './answers';
import type { AppPage } from './app-page';

export type ModelChoice =
  { kind: 'embedded'; id: string } | { kind: 'hub'; repo: string } | { kind: 'folder'; name: string; paths: string[] };

const EMBEDDED = ['stepdetr_s'];
/** What a checkpoint consists of; the app says which of them is missing. */
const CHECKPOINT_FILE = /\.(json|safetensors)$/;
const INPUT = 'stepdetr-model-files';

/**
 * @param option named in the error
 * @throws Error when it is neither a known id, nor a folder, nor the form of a hub id
 */
export function parseModel(text: string, option = '--model'): ModelChoice {
  if (EMBEDDED.includes(text)) return { kind: 'embedded', id: text };
  if (existsSync(text) && statSync(text).isDirectory()) {
    const paths = readdirSync(text)
      .filter((name) => CHECKPOINT_FILE.test(name))
      .map((name) => join(text, name));
    return { kind: 'folder', name: basename(resolve(text)), paths };
  }
  if (/^[\w.-]+\/[\w.-]+$/.test(text) && !text.startsWith('.')) return { kind: 'hub', repo: text };
  throw new Error(
    `${option}: expected ${EMBEDDED.join(', ')}, a folder with config.json and model.safetensors, or a hub id such as owner/name, got ${text}`,
  );
}

/** Makes the chosen model the current one. */
export async function loadModel({ page, giveFiles }: AppPage, choice: ModelChoice): Promise<ModelInfo> {
  if (choice.kind !== 'folder') {
    return valueOf(await page.evaluate((source) => window.stepdetr!.load(source), choice));
  }
  await giveFiles(INPUT, choice.paths);
  return valueOf(
    await page.evaluate(
      ([id, name]) => {
        const files = [...(document.getElementById(id) as HTMLInputElement).files!];
        return window.stepdetr!.load({ kind: 'files', name, files });
      },
      [INPUT, choice.name] as const,
    ),
  );
}
