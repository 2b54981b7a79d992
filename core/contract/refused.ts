/** What is said of an input that a command cannot take. */
import type { z } from 'zod';

/** A member's name as the contract has them; whatever else stands in a path is the sender's own, and may be anything. */
const NAME = /^\w{1,40}$/;

/**
 * @param error of the command's own schema
 * @returns a sentence that names the place, and nothing of what was sent
 */
export function refusedInput(error: z.ZodError): string {
  const path = error.issues[0]?.path ?? [];
  if (path.length === 0) return 'The command was given something it cannot take.';
  const place = path.map((part) => (NAME.test(String(part)) ? String(part) : '…')).join('.');
  return `The value for ${place} cannot be taken: it is empty, too long, or none of the choices.`;
}
