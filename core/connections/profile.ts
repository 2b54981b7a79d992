/** What is kept of a connection beside its secret: one API, year and key, and the choices made for it. */
import { z } from 'zod';
import { Failure } from '../errors/failure.ts';

/** `sourcedId`, `identifier` or `userIds:TYPE`: which identifier of the source becomes a person's unique id. */
const identifier = z
  .string()
  .regex(/^(sourcedId|identifier|userIds:.+)$/, 'sourcedId, identifier, or userIds: and a type (userIds:stateId)');

export const profileSchema = z.strictObject({
  /** The base address; what is none is refused by the client. */
  url: z.string(),
  key: z.string().min(1),
  /** No default: the wrong choice makes every student a new one. */
  studentId: identifier,
  /** Settings of the mapping, by name. */
  settings: z.record(z.string(), z.string()).default({}),
  /** Where the secret is read from when the keychain does not have it. */
  secretFile: z.string().optional(),
  /** What becomes of a record that vanished from a full export. */
  vanished: z.enum(['delete', 'keep']).default('delete'),
  /** Values for what the API's addresses leave open (tenant, school year). */
  routeValues: z.record(z.string(), z.string()).default({}),
  /** A mapping file of the steward's own in place of the shipped one. */
  mapping: z.string().optional(),
});

export type Profile = z.infer<typeof profileSchema>;

/** @throws Failure `ledger-damaged` when a stored profile cannot be read */
export function readProfile(name: string, json: string): Profile {
  const parsed = profileSchema.safeParse(parseJson(json));
  if (!parsed.success) {
    throw new Failure(
      'ledger-damaged',
      `The settings of the connection "${name}" cannot be read. Remove it and add it again; what it sent stays at the API.`,
    );
  }
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
