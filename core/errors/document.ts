/** docs/errors.md, made from the catalogue, so that the two cannot disagree. */
import { CATALOGUE, type CatalogueEntry, explain, type ProblemCode, type Slots, type Who } from './catalogue.ts';

/** Where it is in the repository. */
export const ERRORS_DOCUMENT = 'docs/errors.md';

const PEOPLE: Readonly<Record<Who, { readonly heading: string; readonly person: string }>> = {
  steward: { heading: 'What the data steward can put right', person: 'the data steward' },
  sis: { heading: 'What is put right in the SIS', person: 'whoever enters data in the SIS' },
  'api-host': { heading: "What the API's host can put right", person: "the API's host" },
  vendor: { heading: 'What the makers of Rollbook can put right', person: 'the makers of Rollbook' },
};

const SEVERITY: Readonly<Record<CatalogueEntry['severity'], string>> = {
  error: 'error (the record is not in the API as the source has it)',
  warning: 'warning (as a rule it is over by the next sync)',
};

/** What stands where a name of the specification will. */
const PLACEHOLDERS: Required<Slots> = {
  resource: '‹resource›',
  property: '‹property›',
  descriptor: '‹descriptor›',
  entity: '‹entity›',
};

const codes = Object.keys(CATALOGUE) as ProblemCode[];
const shown = (code: ProblemCode): CatalogueEntry => explain(code, PLACEHOLDERS);

const contents = (who: Who): string[] => [
  `**${PEOPLE[who].heading}**`,
  '',
  ...codes.filter((code) => CATALOGUE[code].who === who).map((code) => `- [${shown(code).title}](#${code})`),
  '',
];

const section = (code: ProblemCode): string[] => {
  const { title, what, fix, who, retryHelps, severity } = shown(code);
  return [
    `### ${code}`,
    '',
    `**${title}**`,
    '',
    `- What happened: ${what}`,
    `- What to do: ${fix}`,
    `- Who can, as a rule: ${PEOPLE[who].person}`,
    `- Does sending it again help by itself: ${retryHelps ? 'it may, later or once its cause is gone' : 'no, something has to change first'}`,
    `- Severity: ${SEVERITY[severity]}`,
    '',
  ];
};

/** Gives the whole document, as Markdown that ends with a line break. */
export const errorsDocument = (): string =>
  [
    '# Why a record is not in the API',
    '',
    'Every reason for which Rollbook rejects or holds a record, or an API refuses one, by its stable code. This page is made',
    'from the catalogue (`core/errors/catalogue.ts`) by `npm run docs`. Where a name of your API will stand, it says',
    '‹resource› (`sections`), ‹property› (`birthDate`), ‹descriptor› (`GradeLevelDescriptor`) or ‹entity› (`Student`).',
    '',
    '## Contents',
    '',
    ...(Object.keys(PEOPLE) as Who[]).flatMap(contents),
    '## Codes',
    '',
    ...codes.flatMap(section),
  ]
    .join('\n')
    .replace(/\n+$/, '\n');
