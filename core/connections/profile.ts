/** What is kept of a connection beside its secret: one API, year and key, and the choices made for it. */
import { z } from 'zod';
import { lookAgainSchema, scheduleSchema } from '../contract/schemas.ts';
import { Failure } from '../errors/failure.ts';
import { selectorSchema } from './resources.ts';

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
  /** The export: a folder or a zip. */
  source: z.string().optional(),
  /** When its batches begin by themselves; never, unless told. */
  schedule: scheduleSchema.default({ when: { kind: 'off' }, quiet: null, pausedUntil: null }),
  /** What becomes of a record that vanished from a full export. */
  vanished: z.enum(['delete', 'keep']).default('delete'),
  /** Values for what the API's addresses leave open (tenant, school year). */
  routeValues: z.record(z.string(), z.string()).default({}),
  /** A mapping file of the steward's own in place of the shipped one. */
  mapping: z.string().optional(),
  /** Certificates of a district's own authority, PEM. */
  ca: z.array(z.string()).default([]),
  /** Resources that are switched off: neither sent nor deleted. */
  off: z.array(selectorSchema).default([]),
  /** When the key came into use: milliseconds since 1970; since the connection is there, unless told. */
  keySince: z.number().int().nonnegative().optional(),
  /** What the keychain's name for the secret ends in; the connection's name, unless told. */
  secretSlot: z.string().min(1).optional(),
  /** How support hears of it, where the steward chose a word; else its number. */
  label: z.string().optional(),
  /** For a clone: where it came from, and what has to be looked at again. */
  startingPoint: z
    .strictObject({
      from: z.string(),
      /** False as long as the new API's own descriptors and resources are not known. */
      compared: z.boolean(),
      lookAgain: z.array(lookAgainSchema),
    })
    .optional(),
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
