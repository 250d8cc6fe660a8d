/**
 * JSON lines that grow: a record a line, each with its step. A line counts when it is whole; a crash can tear the last one.
 * JSON has no NaN and no Infinity: they are written as null, which every reader knows.
 */
import { findFile, openAppender, type Directory } from '../directory';
import { isObject } from '../json';

interface Stepped {
  readonly step: number;
}

const NEW_LINE = 10;

async function bytesOf(folder: Directory, name: string): Promise<Uint8Array> {
  return new Uint8Array((await (await findFile(folder, name))?.arrayBuffer()) ?? new ArrayBuffer(0));
}

/** Where the next line begins: behind the last whole line. Reads one byte where the file is as it should be. */
async function endOfLines(folder: Directory, name: string): Promise<number> {
  const file = await findFile(folder, name);
  if (!file || file.size === 0) return 0;
  const [last] = new Uint8Array(await file.slice(-1).arrayBuffer());
  return last === NEW_LINE ? file.size : (await bytesOf(folder, name)).lastIndexOf(NEW_LINE) + 1;
}

/** Writes at the end; a torn line is dropped. The file is made if need be. */
export async function appendLines(folder: Directory, name: string, records: readonly Stepped[]): Promise<void> {
  if (records.length === 0) return;
  const text = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  const file = await openAppender(folder, name, await endOfLines(folder, name));
  try {
    await file.write(new TextEncoder().encode(text));
  } finally {
    await file.close();
  }
}

function parsed(line: string): (Stepped & Record<string, unknown>) | null {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) && typeof value.step === 'number' ? { ...value, step: value.step } : null;
  } catch {
    return null;
  }
}

/** Each whole line with the place where it begins, in bytes. */
function* wholeLines(bytes: Uint8Array): Generator<{ at: number; line: string }> {
  const decoder = new TextDecoder();
  for (let at = 0, end = bytes.indexOf(NEW_LINE); end >= 0; at = end + 1, end = bytes.indexOf(NEW_LINE, at))
    yield { at, line: decoder.decode(bytes.subarray(at, end)) };
}

/** All whole lines that are records, as they were written; none where there is no file. */
export async function readLines(folder: Directory, name: string): Promise<(Stepped & Record<string, unknown>)[]> {
  const lines = [...wholeLines(await bytesOf(folder, name))];
  return lines.map(({ line }) => parsed(line)).filter((record) => record !== null);
}

/** Drops everything from the first record behind `step` on. */
export async function truncateLines(folder: Directory, name: string, step: number): Promise<void> {
  const bytes = await bytesOf(folder, name);
  for (const { at, line } of wholeLines(bytes)) {
    if (!((parsed(line)?.step ?? -Infinity) > step)) continue;
    await (await openAppender(folder, name, at)).close();
    return;
  }
}
