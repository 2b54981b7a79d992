import type { z } from 'zod';

/**
 * As `schema.safeParse`, which throws for a few values that were made to hurt (a `length` that cannot become a number):
 * these are refused as nothing at all would be. For whatever comes from a file, a server or another program.
 * @param params as for safeParse
 */
export function checked<S extends z.ZodType>(
  schema: S,
  value: unknown,
  params?: z.core.ParseContext<z.core.$ZodIssue>,
): z.ZodSafeParseResult<z.output<S>> {
  try {
    return schema.safeParse(value, params);
  } catch {
    return schema.safeParse(undefined, params);
  }
}
