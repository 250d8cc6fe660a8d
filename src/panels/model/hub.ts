/** Hub checkpoints of the families this program computes. */
export const HUB_EXAMPLES = [
  'Intellindust/DEIMv2_HGNetv2_ATTO_COCO',
  'Intellindust/DEIMv2_HGNetv2_FEMTO_COCO',
  'Intellindust/DEIMv2_HGNetv2_PICO_COCO',
] as const;

/** "owner/name", also out of a pasted address; null when it is neither. */
export function readHubId(text: string): string | null {
  const path = text.trim().replace(/^https:\/\/(www\.)?(huggingface\.co|hf\.co)\//, '');
  const [, repo] = /^([\w-][\w.-]*\/[\w-][\w.-]*)(?:\/(?:tree|blob)\/.*)?\/?$/.exec(path) ?? [];
  return repo ?? null;
}
