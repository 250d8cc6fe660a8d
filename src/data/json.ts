/**
 * JSON with errors a person can find: line and column, what was expected, what came. Browsers' own messages differ and
 * often name no place. Also finds keys that occur twice, which JSON.parse drops without a word, and numbers that are written
 * as floats, which JavaScript does not tell from whole ones but Python does.
 * Grammar: RFC 8259.
 */
import { DetectorError, type ErrorCode } from '../lib/errors';

/** Where a text stops being JSON. */
export interface JsonFault {
  /** From 1. */
  line: number;
  column: number;
  expected: string;
  got: string;
}

const DEEPEST = 512;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const SPACE = /[ \t\r\n]*/y;

class Stop extends Error {
  constructor(
    readonly at: number,
    readonly expected: string,
  ) {
    super(expected);
  }
}

/** What a walk meets. */
interface Heard {
  /** Depth 1 is the outermost object. */
  key?(key: string, depth: number): void;
  /** As it is written, under the last key before it. */
  number?(literal: string, key: string): void;
}

/** Walks a text once; stops at the first place that is not JSON. */
class Scanner {
  private at = 0;
  private depth = 0;
  private key = '';

  constructor(
    private readonly text: string,
    private readonly heard: Heard,
  ) {}

  document(): void {
    this.space();
    this.value();
    this.space();
    if (this.at < this.text.length) throw new Stop(this.at, 'the end of the file');
  }

  private pattern(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at += found[0].length;
    return found !== null;
  }

  private space(): void {
    this.pattern(SPACE);
  }

  private take(mark: string, expected = `'${mark}'`): void {
    if (!this.text.startsWith(mark, this.at)) throw new Stop(this.at, expected);
    this.at += mark.length;
  }

  private value(): void {
    const first = this.text[this.at];
    if (first === '{') this.list('}', () => this.member());
    else if (first === '[') this.list(']', () => this.value());
    else if (first === '"') this.string();
    else if (first === 't') this.take('true');
    else if (first === 'f') this.take('false');
    else if (first === 'n') this.take('null');
    else this.number();
  }

  private number(): void {
    const start = this.at;
    if (!this.pattern(NUMBER)) throw new Stop(start, 'a value');
    this.heard.number?.(this.text.slice(start, this.at), this.key);
  }

  /** What stands between brackets, parted by commas. */
  private list(close: string, item: () => void): void {
    if (++this.depth > DEEPEST) throw new Stop(this.at, `at most ${DEEPEST} levels of nesting`);
    this.at++;
    this.space();
    if (this.text[this.at] !== close) {
      item();
      this.space();
      while (this.text[this.at] === ',') {
        this.at++;
        this.space();
        item();
        this.space();
      }
    }
    this.take(close, `',' or '${close}'`);
    this.depth--;
  }

  private member(): void {
    if (this.text[this.at] !== '"') throw new Stop(this.at, 'a key in double quotes');
    this.key = this.string();
    this.heard.key?.(this.key, this.depth);
    this.space();
    this.take(':');
    this.space();
    this.value();
  }

  private string(): string {
    const start = this.at++;
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined || char < ' ') throw new Stop(this.at, 'the closing quote of a text');
      if (char === '"') break;
      if (char !== '\\') this.at++;
      else if (!this.pattern(ESCAPE)) throw new Stop(this.at, 'an escape that JSON knows');
    }
    this.at++;
    return JSON.parse(this.text.slice(start, this.at)) as string;
  }
}

function faultAt(text: string, { at, expected }: Stop): JsonFault {
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf('\n') + 1;
  const got = at >= text.length ? 'the end of the file' : JSON.stringify(text.slice(at, at + 12));
  return { line: before.split('\n').length, column: at - lineStart + 1, expected, got };
}

/** The first place where `text` is not JSON; null where all of it is. */
export function findJsonFault(text: string, heard: Heard = {}): JsonFault | null {
  try {
    new Scanner(text, heard).document();
    return null;
  } catch (thrown) {
    if (thrown instanceof Stop) return faultAt(text, thrown);
    throw thrown;
  }
}

/** Keys of the outermost object that occur more than once. */
export function repeatedKeys(text: string): string[] {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  findJsonFault(text, {
    key: (key, depth) => {
      if (depth !== 1) return;
      if (seen.has(key)) repeated.add(key);
      seen.add(key);
    },
  });
  return [...repeated];
}

/** Keys with a number, or a list with one, that is written as a float: 1.0, 1e-5. */
export function floatKeys(text: string): Set<string> {
  const keys = new Set<string>();
  findJsonFault(text, {
    number: (literal, key) => {
      if (/[.eE]/.test(literal)) keys.add(key);
    },
  });
  return keys;
}

/** In no text that people write. */
const FLOAT_MARK = '\uf8ff';
const MARKED = new RegExp(`"${FLOAT_MARK}(-?\\d+)"`, 'g');

/** Indented, as Python's json writes it. @param floats keys whose whole numbers are floats: 1.0 */
export function writeJson(value: unknown, floats: ReadonlySet<string> = new Set()): string {
  const marked = (under: unknown): unknown => {
    if (Array.isArray(under)) return under.map(marked);
    return Number.isSafeInteger(under) ? FLOAT_MARK + String(under) : under;
  };
  const text = JSON.stringify(value, (key, under: unknown) => (floats.has(key) ? marked(under) : under), 2);
  return `${text.replaceAll(MARKED, '$1.0')}\n`;
}

/**
 * Parses a JSON text.
 * @throws DetectorError with `code`, naming the file, the place and what was expected there
 */
export function parseJson(text: string, file: string, code: ErrorCode): unknown {
  // A byte order mark is no JSON, but Windows editors write one.
  const clean = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  try {
    return JSON.parse(clean);
  } catch (thrown) {
    const fault = findJsonFault(clean);
    const where = fault
      ? `line ${fault.line}, column ${fault.column}: expected ${fault.expected}, got ${fault.got}`
      : String(thrown);
    throw new DetectorError(code, file, `is not valid JSON at ${where}`);
  }
}

/** A JSON object, not a list, a text or a number. */
export function parseJsonObject(text: string, file: string, code: ErrorCode): Record<string, unknown> {
  const value = parseJson(text, file, code);
  if (isObject(value)) return value;
  const got = Array.isArray(value) ? 'a list' : JSON.stringify(value).slice(0, 40);
  throw new DetectorError(code, file, `expected a JSON object, got ${got}`);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
