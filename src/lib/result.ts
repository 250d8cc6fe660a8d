/** Errors as values: what crosses the worker boundary never throws. */
import { toAppError, type AppError } from './errors';

export type Result<T> = { ok: true; value: T } | { ok: false; error: AppError };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const err = (error: AppError): Result<never> => ({ ok: false, error });

/** Runs `work` and turns whatever it throws into a Result; `subject` names the thing in errors that name nothing. */
export async function attempt<T>(subject: string, work: () => Promise<T> | T): Promise<Result<T>> {
  try {
    return ok(await work());
  } catch (thrown) {
    return err(toAppError(thrown, subject));
  }
}
