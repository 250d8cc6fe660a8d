/** The app's answers and refusals, in words for a terminal. */
import type { AppError } from '../../src/lib/errors';
import type { Result } from '../../src/lib/result';

/** "cat.jpg: expected an image, got text. The file holds no picture." */
export function sentence({ subject, message, hint }: AppError): string {
  const said = `${subject}: ${message}`;
  return hint === undefined ? said : `${said.replace(/\.?$/, '.')} ${hint}`;
}

/** @throws Error with the sentence where the answer is a refusal */
export function valueOf<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Error(sentence(result.error));
}

/** What a shell reports of a program that was ended by Ctrl+C. */
const INTERRUPTED = 130;

/**
 * Runs a program's main function: its number is the exit code, what it throws is printed without a stack. After Ctrl+C
 * (Playwright ends the browser, which ends what waits for it) there is nothing to explain.
 */
export async function runMain(main: () => Promise<number>): Promise<void> {
  let interrupted = false;
  process.once('SIGINT', () => {
    interrupted = true;
  });
  try {
    process.exitCode = await main();
  } catch (thrown) {
    process.exitCode = interrupted ? INTERRUPTED : 1;
    console.error(interrupted ? 'stopped' : thrown instanceof Error ? thrown.message : String(thrown));
  }
}
