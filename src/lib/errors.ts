/** Errors a person can act on. Inside a module they are thrown as DetectorError; across the worker they travel as AppError values. */

export type ErrorCode =
  | 'cancelled'
  | 'device' // no adapter, limits, device lost, a kernel that does not compile
  | 'image' // an image that cannot be read
  | 'checkpoint' // safetensors, config.json, tensor names and shapes
  | 'unsupported' // a valid thing that this program does not do
  | 'annotations' // a label file that cannot be read
  | 'network'
  | 'storage'
  | 'internal';

/** Plain data, so that it can be sent from the worker and kept in the store. */
export interface AppError {
  code: ErrorCode;
  /** The thing: a file, a tensor, a setting. */
  subject: string;
  /** A whole sentence: what was expected, what came. */
  message: string;
  /** What is safe and what the person can do, where there is something to say. */
  hint?: string;
}

export class DetectorError extends Error {
  readonly detail: AppError;

  constructor(code: ErrorCode, subject: string, message: string, hint?: string) {
    super(`${subject}: ${message}`);
    this.name = 'DetectorError';
    this.detail = hint === undefined ? { code, subject, message } : { code, subject, message, hint };
  }
}

/** Any thrown thing as an AppError. An AbortError becomes `cancelled`; anything unknown is `internal`. */
export function toAppError(thrown: unknown, subject: string): AppError {
  if (thrown instanceof DetectorError) return thrown.detail;
  if (thrown instanceof DOMException && thrown.name === 'AbortError') {
    return { code: 'cancelled', subject, message: 'was cancelled' };
  }
  return { code: 'internal', subject, message: thrown instanceof Error ? thrown.message : String(thrown) };
}
