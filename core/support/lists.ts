/** The closed lists behind the enumerations of the catalogue, and what finds a word of the program in them. */
import { z } from 'zod';
import { oneOf } from './fields.ts';

/** @returns what takes anything and gives it back where it is a word of the list */
const finder =
  <T extends string>(list: readonly T[]) =>
  (value: unknown): T | undefined =>
    list.find((word) => word === value);

/** Why an API gave no usable answer, or a source none: the `reason` in a failure's details. */
export const REASONS = [
  // No answer, as core/edfi/trouble.ts tells.
  'name-unresolved',
  'refused',
  'network-down',
  'connect-timeout',
  'headers-timeout',
  'body-timeout',
  'total-timeout',
  'tls-untrusted',
  'tls-expired',
  'tls-wrong-name',
  'tls-broken',
  'proxy-unreachable',
  'proxy-refused',
  'connection-lost',
  'answer-malformed',
  'web-page',
  'circle',
  'aborted',
  // An answer that cannot be used.
  'address-unreadable',
  'closed',
  'downgrade',
  'members-missing',
  'not-a-list',
  'not-authorized',
  'not-found',
  'not-json',
  'placeholders',
  'rate-limited',
  'redirected',
  'server-error',
  'status',
  'unavailable',
  // A sign-in that is refused.
  'grant-refused',
  'invalid-client',
  'invalid-request',
  'key-unknown',
  'scope-refused',
  'secret-wrong',
  'sign-in-missing',
  'token-missing',
  'token-refused',
  'too-many-tokens',
] as const;
export type Reason = (typeof REASONS)[number];
export const reasonOf = finder(REASONS);
export const reasonField = oneOf(REASONS);

/** What a steward is told beside problems: codes of `SourceNotice` and of the notices of a sync or a saved connection. */
export const NOTICE_CODES = [
  'credentials-not-read',
  'encoding-guessed',
  'file-unknown',
  'header-blank',
  'header-put-right',
  'header-repeated',
  'manifest-missing',
  'table-empty',
  'api-away',
  'api-changed-elsewhere',
  'api-descriptor-gone',
  'api-key-changed',
  'api-offline',
  'api-resource-added',
  'api-resource-removed',
  'api-version-changed',
  'codes-not-listed',
  'ledger-behind',
  'ledger-not-copied',
  'ledger-restored',
  'property-left-out',
  'resource-left-out',
  'resource-off',
  'sent-without',
  'address-changed',
  'key-claim-set-differs',
  'key-not-compared',
  'key-organizations-differ',
  'key-shared',
  'mapping-not-imported',
  'secret-file-differs',
  'secret-not-kept',
] as const;
export type NoticeCode = (typeof NOTICE_CODES)[number];
export const noticeOf = finder(NOTICE_CODES);
export const noticeField = oneOf(NOTICE_CODES);

/** Settings of the shipped mappings; one that a steward's own mapping names is told as nothing. */
export const MAPPING_SETTINGS = [
  'studentId',
  'staffId',
  'contactId',
  'educationOrganizations',
  'localEducationAgencyId',
  'localEducationAgencyCategory',
  'studentEducationOrganization',
  'programAssignment',
  'dateFormat',
  'entryDate',
  'exitWithdrawType',
  'gradeLevelWithoutStudents',
  'multiTermClasses',
  'sendDrops',
] as const;
export type MappingSetting = (typeof MAPPING_SETTINGS)[number];
export const mappingSettingOf = finder(MAPPING_SETTINGS);
export const mappingSettingField = oneOf(MAPPING_SETTINGS);

/** Claim sets as an ODS installs them; a name that a host gave one of its own is `other`. */
const CLAIM_SETS = {
  'sis vendor': 'sis-vendor',
  'district hosted sis vendor': 'district-hosted-sis-vendor',
  'ed-fi sandbox': 'ed-fi-sandbox',
  'roster vendor': 'roster-vendor',
  'assessment vendor': 'assessment-vendor',
  'assessment read': 'assessment-read',
  'finance vendor': 'finance-vendor',
  'bootstrap descriptors and edorgs': 'bootstrap',
  'education preparation program': 'education-preparation-program',
  'ed-fi api publisher - reader': 'publisher-reader',
  'ed-fi api publisher - writer': 'publisher-writer',
} as const;
export type ClaimSet = (typeof CLAIM_SETS)[keyof typeof CLAIM_SETS] | 'other' | 'not-told';
export const claimSetField = z.enum<ClaimSet[]>([...Object.values(CLAIM_SETS), 'other', 'not-told']);

/** @param name as the API tells it; null or undefined where it does not */
export function claimSetOf(name: string | null | undefined): ClaimSet {
  if (name === null || name === undefined) return 'not-told';
  const known: Readonly<Record<string, ClaimSet>> = CLAIM_SETS;
  const lower = name.toLowerCase();
  return Object.hasOwn(known, lower) ? (known[lower] ?? 'other') : 'other';
}

const PLATFORMS = ['win32', 'darwin', 'linux', 'other'] as const;
export type Platform = (typeof PLATFORMS)[number];
export const platformField = oneOf(PLATFORMS);
/** @param text `process.platform` */
export const platformOf = (text: string): Platform => finder(PLATFORMS)(text) ?? 'other';

const ARCHITECTURES = ['x64', 'arm64', 'ia32', 'other'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];
export const architectureField = oneOf(ARCHITECTURES);
/** @param text `process.arch` */
export const architectureOf = (text: string): Architecture => finder(ARCHITECTURES)(text) ?? 'other';

/** @param release `os.release()`; gives its first number, 0 where there is none */
export const majorRelease = (release: string): number => {
  const major = Number(/^\d{1,3}(?!\d)/.exec(release)?.[0] ?? 0);
  return major;
};
