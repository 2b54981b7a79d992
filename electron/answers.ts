/** Commands as a host takes and answers them: parsed both ways, and an error is a code and a sentence, never a stack. */
import type { z } from 'zod';
import type { Answer, AnswerError } from '../core/contract/bridge.ts';
import { refusedInput } from '../core/contract/refused.ts';
import { checked } from '../core/errors/checked.ts';
import { Failure, isFailure } from '../core/errors/failure.ts';

export interface CommandShape {
  readonly input: z.ZodType;
  readonly output: z.ZodType;
}

/** What may be shown of anything thrown. */
export function answerError(thrown: unknown): AnswerError {
  if (isFailure(thrown)) return { code: thrown.code, sentence: thrown.message, details: { ...thrown.details } };
  return {
    code: 'internal',
    sentence: 'Something went wrong inside Rollbook. Try again, and tell support if it comes back.',
    details: {},
  };
}

/**
 * Checks what came in, calls, and checks what goes out.
 * @param shape the command's own, from the contract
 * @param input as it came, unknown
 * @param handle gets the parsed input
 * @returns the answer; never throws
 */
export async function answer(
  shape: CommandShape,
  input: unknown,
  handle: (input: unknown) => Promise<unknown>,
): Promise<Answer<unknown>> {
  try {
    const parsed = checked(shape.input, input);
    if (!parsed.success) throw new Failure('usage', refusedInput(parsed.error));
    return { ok: shape.output.parse(await handle(parsed.data)) };
  } catch (thrown) {
    return { error: answerError(thrown) };
  }
}
