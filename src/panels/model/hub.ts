/** Hub checkpoints by the ids that people type. */
import { CATALOGUE } from '../../lib/catalogue';

/** Those that this program is known to compute. */
export const HUB_EXAMPLES: readonly string[] = CATALOGUE.flatMap(({ repo }) => (repo === null ? [] : [repo]));

/** "owner/name", also out of a pasted address; null when it is neither. */
export function readHubId(text: string): string | null {
  const path = text.trim().replace(/^https:\/\/(www\.)?(huggingface\.co|hf\.co)\//, '');
  const [, repo] = /^([\w-][\w.-]*\/[\w-][\w.-]*)(?:\/(?:tree|blob)\/.*)?\/?$/.exec(path) ?? [];
  return repo ?? null;
}
