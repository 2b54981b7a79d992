/** What is in an API before a district sends anything: descriptors, school years, and what its state puts there. */
import type { JsonObject } from '../edfi/model.ts';
import type { Api } from './api.ts';
import { descriptorUri } from './descriptor-values.ts';
import { insertItem } from './items.ts';
import type { DescriptorValue } from './models/compact.ts';
import { isProblem } from './problems.ts';
import { resolveReferences } from './references.ts';

/** The fictional district (core/sandbox/district) whose key the practice API gives out. */
export const DISTRICT_ID = 255901;
const DISTRICT_NAME = 'Larkspur Valley School District';
const STATE_ID = 31;
const SCHOOLS = 400;
const FIRST_YEAR = 1991;
const LAST_YEAR = 2050;
/** Ends the school year that counts as the current one: fixed, so that two practice APIs are alike. */
const CURRENT_YEAR = 2027;

const PLACES = [
  'Alder Creek',
  'Ashgrove',
  'Birchwood',
  'Bluestem',
  'Brookside',
  'Cedar Bluff',
  'Clearwater',
  'Copper Hill',
  'Cottonwood',
  'Eagle Bend',
  'Elmhurst',
  'Fairview',
  'Foxglove',
  'Granite Pass',
  'Harvest Lane',
  'Hawthorn',
  'Heron Lake',
  'Hickory Ridge',
  'Highland',
  'Iron Springs',
  'Juniper',
  'Lakeshore',
  'Larkspur',
  'Linden',
  'Maple Glen',
  'Millbrook',
  'Oak Hollow',
  'Orchard Park',
  'Pine Meadow',
  'Prairie View',
  'Quarry Road',
  'Red Willow',
  'River Bend',
  'Rosewood',
  'Sagebrush',
  'Silver Birch',
  'Stonegate',
  'Sunrise',
  'Timberline',
  'Willow Run',
];
const KINDS = [
  {
    name: 'Elementary School',
    grades: ['Kindergarten', 'First grade', 'Second grade', 'Third grade', 'Fourth grade', 'Fifth grade'],
  },
  { name: 'Middle School', grades: ['Sixth grade', 'Seventh grade', 'Eighth grade'] },
  { name: 'High School', grades: ['Ninth grade', 'Tenth grade', 'Eleventh grade', 'Twelfth grade'] },
] as const;
const SIDES = ['', 'North ', 'South ', 'East ', 'West ', 'Upper ', 'Lower ', 'New ', 'Old ', 'Central '];

/** @param number counted from 0; the district's schools are 255901001, 255901002, … */
export function schoolFacts(number: number): { id: number; name: string; category: string; grades: readonly string[] } {
  const kind = KINDS[number % 5 < 3 ? 0 : (number % 5) - 2] ?? KINDS[0];
  const place = PLACES[number % PLACES.length];
  const side = SIDES[Math.floor(number / PLACES.length) % SIDES.length];
  return {
    id: DISTRICT_ID * 1000 + 1 + number,
    name: `${side}${place} ${kind.name}`,
    category: kind.name,
    grades: kind.grades,
  };
}

const value = (type: string, codeValue: string): string => descriptorUri(`uri://ed-fi.org/${type}`, codeValue);

/**
 * Puts an item where the API has its resource, without the properties the API does not know. An impersonated API may
 * lack what the item refers to: then the item is left out.
 */
function put(api: Api, resource: string, body: JsonObject): void {
  const shape = api.shapes.get(resource);
  if (shape === undefined) return;
  const clean = api.validate(shape, body).body;
  const key = shape.keyOf(clean);
  if (key === undefined || api.store.seqOf(resource, key) !== undefined) return;
  let targets: number[];
  try {
    targets = resolveReferences(api, shape, clean);
  } catch (thrown) {
    if (isProblem(thrown)) return;
    throw thrown;
  }
  insertItem(api, shape, clean, key, targets, null);
}

/** Descriptor values and school years: an API without them takes nothing. */
export function preloadVocabulary(api: Api, values: Readonly<Record<string, readonly DescriptorValue[]>>): void {
  const byType = new Map([...api.shapes.values()].map((shape) => [shape.descriptor, shape]));
  for (const [type, list] of Object.entries(values)) {
    const shape = byType.get(type);
    if (shape === undefined) continue;
    for (const { namespace, codeValue } of list) {
      const body = { namespace, codeValue, shortDescription: codeValue };
      const key = shape.keyOf(body);
      if (key !== undefined && api.store.seqOf(shape.name, key) === undefined)
        insertItem(api, shape, body, key, [], null);
    }
  }
  for (let schoolYear = FIRST_YEAR; schoolYear <= LAST_YEAR; schoolYear++) {
    put(api, 'ed-fi/schoolYearTypes', {
      schoolYear,
      currentSchoolYear: schoolYear === CURRENT_YEAR,
      schoolYearDescription: `${schoolYear - 1}-${schoolYear}`,
    });
  }
}

/** The standards differ in what they call an ordinary district. */
function agencyCategory(api: Api): string {
  const type = 'LocalEducationAgencyCategoryDescriptor';
  const regular = value(type, 'Regular public school district');
  return api.descriptors.exists(type, regular) ? regular : value(type, 'Independent');
}

/** The state's agency, the district, and its schools, as a state loads them before a district may send. */
export function preloadOrganizations(api: Api): void {
  const categories = (category: string): JsonObject[] => [
    {
      educationOrganizationCategoryDescriptor: value('EducationOrganizationCategoryDescriptor', category),
    },
  ];
  put(api, 'ed-fi/stateEducationAgencies', {
    stateEducationAgencyId: STATE_ID,
    nameOfInstitution: 'State Department of Learning',
    categories: categories('State Education Agency'),
  });
  put(api, 'ed-fi/localEducationAgencies', {
    localEducationAgencyId: DISTRICT_ID,
    nameOfInstitution: DISTRICT_NAME,
    categories: categories('Local Education Agency'),
    localEducationAgencyCategoryDescriptor: agencyCategory(api),
    stateEducationAgencyReference: { stateEducationAgencyId: STATE_ID },
  });
  for (let number = 0; number < SCHOOLS; number++) {
    const { id, name, category, grades } = schoolFacts(number);
    put(api, 'ed-fi/schools', {
      schoolId: id,
      nameOfInstitution: name,
      educationOrganizationCategories: categories('School'),
      gradeLevels: grades.map((grade) => ({ gradeLevelDescriptor: value('GradeLevelDescriptor', grade) })),
      schoolCategories: [{ schoolCategoryDescriptor: value('SchoolCategoryDescriptor', category) }],
      localEducationAgencyReference: { localEducationAgencyId: DISTRICT_ID },
    });
  }
}
