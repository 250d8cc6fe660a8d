/** Reads settings out of a parsed config.json; every refusal names the setting, what was expected and what came. */
import { DetectorError } from './errors';

type Json = Record<string, unknown>;

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

export class ConfigReader {
  constructor(
    private readonly config: Json,
    /** The file, for errors. */
    readonly file: string,
    private readonly path = '',
  ) {}

  private fail(key: string, expected: string): never {
    throw new DetectorError(
      'checkpoint',
      this.file,
      `${this.path}${key}: expected ${expected}, got ${show(this.config[key])}`,
    );
  }

  has(key: string): boolean {
    return this.config[key] !== undefined && this.config[key] !== null;
  }

  integer(key: string, { min = 1, otherwise }: { min?: number; otherwise?: number } = {}): number {
    const value = this.has(key) ? this.config[key] : otherwise;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min)
      this.fail(key, `a whole number of at least ${min}`);
    return value;
  }

  number(key: string, { otherwise }: { otherwise?: number } = {}): number {
    const value = this.has(key) ? this.config[key] : otherwise;
    if (typeof value !== 'number' || !Number.isFinite(value)) this.fail(key, 'a number');
    return value;
  }

  integers(key: string, { length, min = 1 }: { length?: number; min?: number } = {}): number[] {
    const value = this.config[key];
    const good =
      Array.isArray(value) &&
      value.every((v) => typeof v === 'number' && Number.isInteger(v) && v >= min) &&
      (length === undefined || value.length === length);
    if (!good) this.fail(key, `a list of ${length ?? ''} whole numbers of at least ${min}`.replace('  ', ' '));
    return value as number[];
  }

  boolean(key: string, { otherwise }: { otherwise?: boolean } = {}): boolean {
    const value = this.has(key) ? this.config[key] : otherwise;
    if (typeof value !== 'boolean') this.fail(key, 'true or false');
    return value;
  }

  /** One of a fixed list; another value is `unsupported`, with the list in the sentence. */
  oneOf<T extends string | number | boolean>(key: string, values: readonly T[], otherwise?: T): T {
    const value = (this.has(key) ? this.config[key] : otherwise) as T;
    if (!values.includes(value)) {
      throw new DetectorError(
        'unsupported',
        this.file,
        `${this.path}${key}: ${show(this.config[key])} is not supported, only ${values.map((v) => JSON.stringify(v)).join(', ')}`,
      );
    }
    return value;
  }

  section(key: string): ConfigReader {
    const value = this.config[key];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.fail(key, 'an object');
    return new ConfigReader(value as Json, this.file, `${this.path}${key}.`);
  }
}
