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

/** Runs a program's main function: its number is the exit code, what it throws is printed without a stack. */
export async function runMain(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : String(thrown));
    process.exitCode = 1;
  }
}
