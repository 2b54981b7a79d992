/** Words a steward may choose to name a connection to support: no word of their own gets in. */
export const labelWords = [
  'state',
  'regional',
  'district',
  'charter',
  'vendor',
  'production',
  'staging',
  'test',
  'training',
  'practice',
  'this-year',
  'last-year',
  'next-year',
] as const;
