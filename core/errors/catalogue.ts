/** Who can put it right. */
export type Who = 'steward' | 'sis' | 'api-host' | 'vendor';

export interface CatalogueEntry {
  /** `title`, `what` and `fix` may hold the slots {resource}, {property}, {descriptor} and {entity}, and no other. */
  readonly title: string;
  readonly what: string;
  readonly fix: string;
  readonly who: Who;
  /** The same record, sent again unchanged, may succeed: once its root cause is gone, or simply later. */
  readonly retryHelps: boolean;
  readonly severity: 'error' | 'warning';
}

/**
 * Every reason for which a record is rejected, held or refused. The codes are stable: ledgers and support bundles hold
 * them. All words here are ours or the specification's vocabulary; a server's own never get in.
 */
export const CATALOGUE = {
  'reference-missing': {
    title: '{entity} is not in the API',
    what: 'A record in {resource} refers to a {entity} that the API does not have.',
    fix: 'Look for the {entity} among the problems and put it right first; what refers to it is sent after it by itself.',
    who: 'steward',
    retryHelps: true,
    severity: 'error',
  },
  'row-missing': {
    title: 'The export lacks a row of {entity}',
    what: 'A row of the export refers to a row of {entity} that the export does not hold.',
    fix: 'Add the missing row in the SIS, or correct the identifier that names it, and export again.',
    who: 'sis',
    retryHelps: false,
    severity: 'error',
  },
  'descriptor-unmapped': {
    title: 'A code has no {descriptor}',
    what: 'A code of the export is not paired with a value of {descriptor} in the descriptor map.',
    fix: 'Choose the {descriptor} value for this code once in the descriptor map; all records that wait for it are then sent.',
    who: 'steward',
    retryHelps: false,
    severity: 'error',
  },
  'descriptor-unknown-to-api': {
    title: 'The API does not have this {descriptor} value',
    what: 'The value of {descriptor} that the descriptor map gives is not in the API.',
    fix: 'Choose another value in the descriptor map (look at the namespace and at leading zeros), or ask the API host to add it.',
    who: 'steward',
    retryHelps: true,
    severity: 'error',
  },
  'required-missing': {
    title: '{property} is missing',
    what: 'The API requires {property} in {resource}, and the record has no value for it.',
    fix: 'Fill in {property} in the SIS, or give it a source or a default in the mapping.',
    who: 'sis',
    retryHelps: false,
    severity: 'error',
  },
  'setting-missing': {
    title: 'A setting of the connection is missing',
    what: '{property} of {resource} is made from a setting of the connection that has no value.',
    fix: 'Give the connection a value for the setting {entity}.',
    who: 'steward',
    retryHelps: false,
    severity: 'error',
  },
  'items-missing': {
    title: '{property} needs at least one entry',
    what: 'The API requires at least one entry in {property} of {resource}, and the record has none.',
    fix: 'Fill in what {property} is made from in the SIS, or give it a source in the mapping.',
    who: 'sis',
    retryHelps: false,
    severity: 'error',
  },
  'items-repeated': {
    title: '{property} holds the same entry twice',
    what: 'Two entries of {property} in one record of {resource} have the same identifying values.',
    fix: 'Remove the repeated row in the SIS, or let the mapping keep one of the two.',
    who: 'sis',
    retryHelps: false,
    severity: 'error',
  },
  'too-long': {
    title: '{property} is too long',
    what: 'The value of {property} is longer than {resource} allows.',
    fix: 'Shorten the value in the SIS, or cut it off in the mapping.',
    who: 'sis',
    retryHelps: false,
    severity: 'error',
  },
  'out-of-range': {
    title: '{property} is out of range',
    what: 'The value of {property} is shorter, smaller or larger than {resource} allows.',
    fix: 'Correct the value in the SIS.',
    who: 'sis',
    retryHelps: false,
    severity: 'error',
  },
  'bad-date': {
    title: '{property} is not a date',
    what: 'The value of {property} cannot be read as a date.',
    fix: 'Correct the date in the SIS, or set the date format the export uses in the mapping.',
    who: 'steward',
    retryHelps: false,
    severity: 'error',
  },
  'bad-number': {
    title: '{property} is not a number',
    what: 'The value of {property} cannot be read as the number the API expects.',
    fix: 'Correct the value in the SIS; if a spreadsheet was saved in between, export again without opening the file in it.',
    who: 'sis',
    retryHelps: false,
    severity: 'error',
  },
  'value-unreadable': {
    title: '{property} cannot be read',
    what: 'The value of {property} does not have the form the mapping or the API expects.',
    fix: 'Correct the value in the SIS, or the transform of {property} in the mapping.',
    who: 'steward',
    retryHelps: false,
    severity: 'error',
  },
  'stray-spaces': {
    title: '{property} begins or ends with a space',
    what: 'The API does not accept spaces before or after the value of {property}.',
    fix: 'Trim {property} in the mapping.',
    who: 'steward',
    retryHelps: false,
    severity: 'error',
  },
  'unsafe-characters': {
    title: '{property} holds characters the API refuses',
    what: 'The API does not accept markup such as angle brackets or ampersands in {property}.',
    fix: 'Remove these characters in the SIS, or replace them in the mapping.',
    who: 'sis',
    retryHelps: false,
    severity: 'error',
  },
  'keys-disagree': {
    title: 'References disagree on {property}',
    what: 'Several references of one record must carry the same {property}, and they do not.',
    fix: 'Check that the section, course offering, session and calendar of the record belong to the same school and school year.',
    who: 'sis',
    retryHelps: false,
    severity: 'error',
  },
  'property-unknown-to-api': {
    title: 'The API does not know {property}',
    what: 'The record has a property that {resource} does not have in this API.',
    fix: 'Reload the specification of the connection; if it stays so, take {property} out of the mapping.',
    who: 'steward',
    retryHelps: false,
    severity: 'error',
  },
  'duplicate-key': {
    title: 'Two records have the same key',
    what: 'Two records of the export have the same natural key in {resource}.',
    fix: 'Remove or correct one of the two in the SIS.',
    who: 'sis',
    retryHelps: false,
    severity: 'error',
  },
  'key-taken': {
    title: 'The key is already taken',
    what: 'The API already has another {entity} with this natural key or unique value.',
    fix: 'Check whether both records mean the same {entity}; correct or merge them in the SIS.',
    who: 'sis',
    retryHelps: false,
    severity: 'error',
  },
  'not-authorized-student': {
    title: 'No right to this student',
    what: 'The key may not touch records of this student in {resource}, as a rule because the student has no enrollment at one of its schools.',
    fix: 'Send the student school association first; if it is there, check that its school belongs to the key.',
    who: 'steward',
    retryHelps: true,
    severity: 'error',
  },
  'not-authorized-staff': {
    title: 'No right to this staff member',
    what: 'The key may not touch records of this staff member in {resource}, as a rule because there is no employment or assignment at one of its organizations.',
    fix: 'Send the employment or assignment association first; if it is there, check that its organization belongs to the key.',
    who: 'steward',
    retryHelps: true,
    severity: 'error',
  },
  'not-authorized-contact': {
    title: 'No right to this contact',
    what: 'The key may not touch records of this contact in {resource}, as a rule because it is not linked to a student of one of its schools.',
    fix: 'Send the association of the contact with its student first.',
    who: 'steward',
    retryHelps: true,
    severity: 'error',
  },
  'not-authorized-organization': {
    title: 'No right to this education organization',
    what: 'The education organization that the record in {resource} names does not belong to the key.',
    fix: "Check the school's number in the record; if it is right, ask the API host to assign the organization to the key.",
    who: 'api-host',
    retryHelps: true,
    severity: 'error',
  },
  'not-authorized-resource': {
    title: 'No right to {resource}',
    what: "The key's claim set does not allow this action on {resource}.",
    fix: 'Ask the API host to add {resource} to the claim set of the key, or leave it out of the sync.',
    who: 'api-host',
    retryHelps: true,
    severity: 'error',
  },
  'not-authorized-namespace': {
    title: 'No right to this namespace',
    what: 'The namespace of the record in {resource} does not begin with one of the prefixes assigned to the key.',
    fix: 'Correct the namespace in the mapping, or ask the API host to assign its prefix to the key.',
    who: 'steward',
    retryHelps: true,
    severity: 'error',
  },
  'owned-by-another': {
    title: 'Another client owns this record',
    what: 'The record in {resource} was made by another client, and this key may not change it.',
    fix: 'Ask the API host which system owns {resource}, and let only one send it.',
    who: 'api-host',
    retryHelps: false,
    severity: 'error',
  },
  'not-authorized': {
    title: 'Not allowed',
    what: 'The API does not allow this key to send the record in {resource}, and does not say why in a known form.',
    fix: "Ask the API host to check the key's claim set and education organizations.",
    who: 'api-host',
    retryHelps: true,
    severity: 'error',
  },
  'profile-mismatch': {
    title: "The key's profile stands in the way",
    what: 'A profile assigned to the key, or the choice between several, does not let {resource} be sent.',
    fix: 'Ask the API host to leave one writable profile, or none, on the key.',
    who: 'api-host',
    retryHelps: true,
    severity: 'error',
  },
  'dependent-item-exists': {
    title: '{entity} still refers to it',
    what: 'The record in {resource} cannot be removed or renamed, because a {entity} in the API still refers to it or needs it.',
    fix: 'Remove the records that refer to it first; if another system sent them, ask the API host.',
    who: 'steward',
    retryHelps: true,
    severity: 'error',
  },
  'key-change-refused': {
    title: 'The key of {entity} cannot be changed',
    what: 'The API does not let the natural key of a {entity} change.',
    fix: 'Let the record be deleted and made anew, with what refers to it.',
    who: 'steward',
    retryHelps: false,
    severity: 'error',
  },
  'changed-by-another': {
    title: 'Changed by another client meanwhile',
    what: 'Another client changed the record in {resource} at the same time.',
    fix: 'Send it again; if it happens often, ask the API host which other system sends {resource}.',
    who: 'steward',
    retryHelps: true,
    severity: 'warning',
  },
  'item-gone': {
    title: 'The record is no longer in the API',
    what: 'The record in {resource} that was to be changed is not there any more.',
    fix: 'Send it again, so that it is made anew; if it vanishes often, ask the API host which other system deletes it.',
    who: 'steward',
    retryHelps: true,
    severity: 'warning',
  },
  'resource-unknown-to-api': {
    title: 'The API does not offer {resource}',
    what: 'There is nothing at the address of {resource} in this API.',
    fix: 'Check that the connection is to the right API and school year, and reload its specification.',
    who: 'steward',
    retryHelps: false,
    severity: 'error',
  },
  'action-not-offered': {
    title: 'The API does not let {resource} be changed so',
    what: 'The API has {resource}, but does not take this action (create, change or delete) on it.',
    fix: 'Ask the API host whether {resource} may be written there; if not, leave it out of the sync.',
    who: 'api-host',
    retryHelps: false,
    severity: 'error',
  },
  'organization-not-in-api': {
    title: 'The {entity} is not in the API',
    what: 'The export names a {entity} that the API does not have, and organizations are not created by this connection.',
    fix: 'Check its number in the SIS, ask the API host to create it, or let this connection create organizations.',
    who: 'api-host',
    retryHelps: true,
    severity: 'error',
  },
  'body-unreadable': {
    title: 'The API could not read the request',
    what: 'The API says that what was sent for {resource} is not in a form that it can read.',
    fix: 'Reload the specification of the connection; if it stays so, report it with a log.',
    who: 'vendor',
    retryHelps: false,
    severity: 'error',
  },
  'record-too-large': {
    title: 'The record is larger than the API accepts',
    what: 'The API, or a gateway before it, refused the record in {resource} for its size.',
    fix: 'Ask the API host to raise the limit on the size of a request, or leave out long lists of {resource} in the mapping.',
    who: 'api-host',
    retryHelps: false,
    severity: 'error',
  },
  'token-refused': {
    title: 'The sign-in was refused',
    what: 'The API refused the token of this connection.',
    fix: 'Test the connection; ask the API host whether the key is active.',
    who: 'api-host',
    retryHelps: true,
    severity: 'error',
  },
  'rate-limited': {
    title: 'The API asked for a slower pace',
    what: 'The API took no more requests for a while, longer than it was waited for.',
    fix: 'Run the sync again later, or with fewer connections.',
    who: 'steward',
    retryHelps: true,
    severity: 'warning',
  },
  'blocked-by-gateway': {
    title: 'Something before the API refused it',
    what: 'A proxy, firewall or gateway refused the record in {resource} before it reached the API.',
    fix: 'Ask the API host, or your network administrator, which rule of theirs stopped it, with the time of the attempt.',
    who: 'api-host',
    retryHelps: true,
    severity: 'error',
  },
  'server-error': {
    title: 'The API failed',
    what: 'The API answered with an error of its own on a record in {resource}.',
    fix: 'Run the sync again later; if it stays so, tell the API host the time, and the correlation id where there is one.',
    who: 'api-host',
    retryHelps: true,
    severity: 'error',
  },
  unreachable: {
    title: 'The API could not be reached',
    what: 'There was no answer from the API.',
    fix: 'Check the network and run the sync again; it goes on where it stopped.',
    who: 'steward',
    retryHelps: true,
    severity: 'error',
  },
  unclassified: {
    title: 'The API refused it',
    what: 'The API refused a record in {resource} with a reason that is not known here.',
    fix: "Read the API's own answer at the record, and ask the API host if it does not tell.",
    who: 'steward',
    retryHelps: true,
    severity: 'error',
  },
} as const satisfies Readonly<Record<string, CatalogueEntry>>;

export type ProblemCode = keyof typeof CATALOGUE;

/** Names for the slots, each out of the loaded specification's vocabulary. */
export interface Slots {
  /** `ed-fi/sections`. */
  readonly resource?: string;
  /** `birthDate`, or a path `races.raceDescriptor`. */
  readonly property?: string;
  /** `GradeLevelDescriptor`. */
  readonly descriptor?: string;
  /** `Student`. */
  readonly entity?: string;
}

const UNNAMED: Readonly<Record<keyof Slots, string>> = {
  resource: 'this resource',
  property: 'a property',
  descriptor: 'descriptor',
  entity: 'record',
};

const firstSlot = (template: string): keyof Slots => template.slice(1, template.indexOf('}')) as keyof Slots;

const fill = (template: string, slots: Slots): string => {
  const text = template.replace(
    /\{(resource|property|descriptor|entity)\}/g,
    (_, name: keyof Slots) => slots[name] ?? UNNAMED[name],
  );
  // A property keeps its spelling; words of ours that stand for a missing name begin the sentence as any other.
  return /^\{(resource|property|descriptor|entity)\}/.test(template) && slots[firstSlot(template)] !== undefined
    ? text
    : text.charAt(0).toUpperCase() + text.slice(1);
};

/** Takes a code and the names for its slots; gives its entry with the slots filled, in plain words where a name is unknown. */
export const explain = (code: ProblemCode, slots: Slots = {}): CatalogueEntry => {
  const entry = CATALOGUE[code];
  return {
    ...entry,
    title: fill(entry.title, slots),
    what: fill(entry.what, slots),
    fix: fill(entry.fix, slots),
  };
};

/** True for a code of this catalogue, for codes read back from a ledger. */
export const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(CATALOGUE, code);
