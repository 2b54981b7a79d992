import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ApiModel, JsonObject } from '../../core/edfi/model.ts';
import { parseSpecification } from '../../core/edfi/specification.ts';
import { type CompiledMapping, compileMapping } from '../../core/mapping/compile.ts';
import { type DescriptorDefaults, type DescriptorMap, seedDescriptorMap } from '../../core/mapping/descriptors.ts';
import { loadDescriptorDefaults, loadMapping, shippedMappings } from '../../core/mapping/load.ts';
import { runMapping } from '../../core/mapping/run.ts';
import type { MappingSpec } from '../../core/mapping/spec.ts';
import type { MappedRecord, RunContext } from '../../core/mapping/types.ts';
import { loadModel } from '../../core/sandbox/models/load.ts';
import { dropRow, missingRequired, type Sheets, setCell, smallDistrict, sourceOf } from './small-district.ts';

let defaults: DescriptorDefaults;
const specs: Partial<Record<'4.0' | '5.2', MappingSpec>> = {};

beforeAll(async () => {
  defaults = await loadDescriptorDefaults();
  for (const standard of ['4.0', '5.2'] as const) specs[standard] = await loadMapping(shippedMappings[standard]);
});

/** Every code of the crosswalk with its best value, as on an API that has them all. */
const everyCode = (): DescriptorMap =>
  Object.fromEntries(
    Object.entries(defaults).map(([type, codes]) => [
      type,
      Object.fromEntries(Object.entries(codes).map(([code, [value]]) => [code, `uri://ed-fi.org/${type}#${value}`])),
    ]),
  );

const knownOf = (standard: string) =>
  Object.fromEntries(
    Object.entries(loadModel(standard).descriptorValues).map(([type, values]) => [
      type,
      values.map(({ namespace, codeValue }) => `${namespace}#${codeValue}`),
    ]),
  );

interface Options {
  readonly settings?: Record<string, string>;
  readonly frozen?: RunContext['frozen'];
  readonly reads?: string[];
  readonly mapping?: '4.0' | '5.2';
  readonly standard?: string;
}

const compiled = ({ settings = {}, mapping = '5.2', standard = '5.2' }: Options): CompiledMapping =>
  compileMapping(specs[mapping]!, loadModel(standard).model, { studentId: 'identifier', ...settings });

/** Every record of a district, by the short name of its resource. */
const mapAll = async (sheets: Sheets, options: Options = {}): Promise<(resource: string) => MappedRecord[]> => {
  const mapping = compiled(options);
  const run = runMapping(mapping, sourceOf(sheets, options.reads), {
    descriptors: everyCode(),
    frozen: options.frozen ?? (() => undefined),
  });
  const all = new Map<string, MappedRecord[]>();
  for (const { name } of mapping.resources) {
    const records: MappedRecord[] = [];
    for await (const batch of run.records(name)) records.push(...batch);
    all.set(name, records);
  }
  return (resource) => all.get(`ed-fi/${resource}`) ?? [];
};

const byId = (records: readonly MappedRecord[], id: string): MappedRecord => {
  const found = records.find((record) => record.sourceId === id);
  if (found === undefined)
    throw new Error(`no record ${id} among ${records.map((record) => record.sourceId).join(', ')}`);
  return found;
};

const troubles = (records: readonly MappedRecord[]) => records.flatMap((record) => record.issues ?? []);

describe('the shipped mappings fill what every data standard requires', () => {
  const made = [
    'localEducationAgencies',
    'schools',
    'gradingPeriods',
    'sessions',
    'courses',
    'courseOfferings',
    'classPeriods',
    'locations',
    'sections',
    'students',
    'studentSchoolAssociations',
    'studentEducationOrganizationAssociations',
    'staffs',
    'staffEducationOrganizationAssignmentAssociations',
    'staffSchoolAssociations',
    'staffSectionAssociations',
    'studentSectionAssociations',
  ];
  const data = new URL('../../../shared/data/openapi/', import.meta.url);
  const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, data), 'utf8'));
  const documents: Record<string, readonly [string, string?]> = {
    'DS 3.3b of an ODS 5.3': ['ods-5.3_ds-3.3b_resources.swagger2.json'],
    'DS 4.0': ['ds-4.0_resources.json', 'ds-4.0_descriptors.json'],
    'DS 5.0': ['ds-5.0_resources.json', 'ds-5.0_descriptors.json'],
    'DS 5.2': ['ds-5.2-tpdm_resources.json', 'ds-5.2-tpdm_descriptors.json'],
  };

  const checkAgainst = async (model: ApiModel, mapping: '4.0' | '5.2', descriptors: DescriptorMap): Promise<void> => {
    const contacts = Object.hasOwn(model.resources, 'ed-fi/contacts');
    const people = contacts ? ['contacts', 'studentContactAssociations'] : ['parents', 'studentParentAssociations'];
    const result = compileMapping(specs[mapping]!, model, {
      studentId: 'userIds:State',
      educationOrganizations: 'create',
      // The one category that all data standards have.
      localEducationAgencyCategory: 'Independent',
    });
    expect(result.resources.map(({ name }) => name).sort()).toEqual(
      [...made, ...people].map((name) => `ed-fi/${name}`).sort(),
    );
    const run = runMapping(result, sourceOf(smallDistrict()), { descriptors, frozen: () => undefined });
    for (const { name, disposition } of result.resources) {
      expect(disposition).toBe('create');
      const resource = model.resources[name]!;
      let count = 0;
      for await (const batch of run.records(name)) {
        for (const record of batch) {
          count += 1;
          expect({ name, issues: record.issues, missing: missingRequired(resource.properties, record.body) }).toEqual({
            name,
            issues: undefined,
            missing: [],
          });
          for (const part of resource.identity) {
            const values = part.paths.map((path) =>
              path.reduce<unknown>((at, step) => (at as JsonObject | undefined)?.[step], record.body),
            );
            expect(
              values.some((value) => value !== undefined),
              `${name}.${part.name}`,
            ).toBe(true);
          }
          const names = new Set(resource.properties.map((property) => property.name));
          for (const property of Object.keys(record.body)) expect(names).toContain(property);
        }
      }
      expect(count, name).toBeGreaterThan(0);
    }
  };

  for (const mapping of ['4.0', '5.2'] as const) {
    test.each(['3.3b', '4.0', '5.2'])(
      `mapping for ${mapping}, compact model %s with its own descriptors`,
      async (standard) => {
        await checkAgainst(loadModel(standard).model, mapping, seedDescriptorMap(defaults, knownOf(standard)));
      },
    );
    for (const [name, [resources, descriptors]] of Object.entries(documents)) {
      test.skipIf(!existsSync(new URL(resources, data)))(
        `mapping for ${mapping}, the real specification of ${name} (needs ../shared/data)`,
        async () => {
          const types = Object.keys(loadModel('5.2').descriptorValues);
          const model = parseSpecification(
            read(resources),
            descriptors === undefined ? undefined : read(descriptors),
            types,
          );
          await checkAgainst(model, mapping, everyCode());
        },
      );
    }
  }

  test('nothing is left out for the data standard they are written for, and all is said for its neighbours', () => {
    const leftOut = (mapping: '4.0' | '5.2', standard: string) =>
      compiled({ mapping, standard }).leftOut.map(({ resource, path }) => `${resource.slice(6)} ${path ?? ''}`.trim());
    expect(leftOut('5.2', '5.2')).toEqual([]);
    expect(leftOut('4.0', '4.0')).toEqual([]);
    expect(leftOut('4.0', '3.3b')).toEqual([]);
    expect(leftOut('5.2', '4.0').sort()).toEqual([
      'contacts',
      'courses academicSubjects',
      'gradingPeriods gradingPeriodName',
      'sessions gradingPeriods[].gradingPeriodReference.gradingPeriodName',
      'studentContactAssociations',
      'students preferredFirstName',
      'students preferredLastSurname',
    ]);
    expect(leftOut('4.0', '5.2').sort()).toEqual([
      'courses academicSubjectDescriptor',
      'parents',
      'sessions gradingPeriods[].gradingPeriodReference.periodSequence',
      'studentParentAssociations',
    ]);
  });

  test('credentials are never asked for', () => {
    const columns = [...compiled({}).tables.values()].flat();
    expect(columns.filter((column) => /password|username|userProfile/i.test(column))).toEqual([]);
  });

  test('each file is read once', async () => {
    const reads: string[] = [];
    await mapAll(smallDistrict(), { reads });
    expect(reads.sort()).toEqual([
      'academicSessions',
      'classes',
      'courses',
      'demographics',
      'enrollments',
      'orgs',
      'roles',
      'users',
    ]);
  });
});

describe('education organizations', () => {
  test('are matched by default, and never deleted; created when told to', async () => {
    const facts = (settings: Record<string, string>) =>
      compiled({ settings }).resources.filter(({ name }) =>
        ['ed-fi/schools', 'ed-fi/localEducationAgencies'].includes(name),
      );
    expect(facts({}).map(({ disposition, allowDelete }) => [disposition, allowDelete])).toEqual([
      ['match', false],
      ['match', false],
    ]);
    expect(facts({ educationOrganizations: 'create' }).map(({ disposition }) => disposition)).toEqual([
      'create',
      'create',
    ]);
    const all = await mapAll(smallDistrict());
    expect(all('schools').every((record) => record.disposition === 'match')).toBe(true);
    expect(all('students').some((record) => record.disposition !== undefined)).toBe(false);
  });

  test('an unmapped grade code does not stop a school, only its students', async () => {
    const sheets = smallDistrict();
    setCell(sheets, 'users', 'U1', 'grades', '9');
    const all = await mapAll(sheets);
    expect(troubles(all('schools'))).toEqual([]);
    expect(byId(all('schools'), 'S1').warnings).toMatchObject([{ code: 'descriptor-unmapped', value: '9' }]);
    expect(byId(all('studentSchoolAssociations'), 'R1').issues).toEqual([
      {
        code: 'descriptor-unmapped',
        path: 'entryGradeLevelDescriptor',
        descriptor: 'GradeLevelDescriptor',
        value: '9',
        table: 'users',
        column: 'grades',
      },
    ]);
    expect(byId(all('students'), 'U1')).not.toHaveProperty('issues');
  });

  test('without a number a school is reported, and inherited by what needs it; a crosswalk in the mapping helps', async () => {
    const sheets = smallDistrict();
    setCell(sheets, 'orgs', 'S2', 'identifier', '');
    const all = await mapAll(sheets);
    expect(byId(all('schools'), 'S2').issues).toEqual([
      { code: 'value-missing', path: 'schoolId', table: 'orgs', column: 'identifier' },
    ]);
    expect(byId(all('sections'), 'K3|F').issues).toMatchObject([
      { code: 'value-missing', inherited: true, table: 'orgs', column: 'identifier' },
    ]);
    expect(troubles(all('sections')).length).toBe(1);
    const spec = structuredClone(specs['5.2']!) as MappingSpec & { lookups: Record<string, Record<string, string>> };
    spec.lookups.educationOrganizationIds = { S2: '77' };
    const run = runMapping(
      compileMapping(spec, loadModel('5.2').model, { studentId: 'identifier' }),
      sourceOf(sheets),
      { descriptors: everyCode(), frozen: () => undefined },
    );
    const schools: MappedRecord[] = [];
    for await (const batch of run.records('ed-fi/schools')) schools.push(...batch);
    expect(schools.map((record) => record.body.schoolId)).toEqual([255901001, 77]);
  });

  test('a number that a spreadsheet destroyed is not sent', async () => {
    const sheets = smallDistrict();
    setCell(sheets, 'orgs', 'S2', 'identifier', '2.55901E+08');
    const all = await mapAll(sheets);
    expect(byId(all('schools'), 'S2').issues).toMatchObject([
      { code: 'value-unreadable', table: 'orgs', column: 'identifier' },
    ]);
    expect(byId(all('schools'), 'S2').body).not.toHaveProperty('schoolId');
  });

  test('a long name is cut; a course of a department belongs to its school', async () => {
    const sheets = smallDistrict();
    setCell(sheets, 'orgs', 'S1', 'name', 'x'.repeat(90));
    const all = await mapAll(sheets);
    expect(byId(all('schools'), 'S1').body.nameOfInstitution).toHaveLength(75);
    expect(byId(all('courses'), 'C2').body).toMatchObject({
      courseCode: 'C2',
      educationOrganizationReference: { educationOrganizationId: 255901001 },
    });
  });
});

describe('terms', () => {
  test('sessions are made for each school with a class in them, with their grading periods', async () => {
    const all = await mapAll(smallDistrict());
    expect(
      all('sessions')
        .map((record) => record.sourceId)
        .sort(),
    ).toEqual(['F|S1', 'F|S2', 'P|S1']);
    expect(byId(all('sessions'), 'P|S1').body).toEqual({
      sessionName: 'Spring',
      schoolReference: { schoolId: 255901001 },
      schoolYearTypeReference: { schoolYear: 2027 },
      termDescriptor: 'uri://ed-fi.org/TermDescriptor#Spring Semester',
      beginDate: '2027-01-05',
      endDate: '2027-05-28',
      totalInstructionalDays: 104,
      gradingPeriods: ['Third', 'Fourth'].map((name, at) => ({
        gradingPeriodReference: {
          gradingPeriodDescriptor: `uri://ed-fi.org/GradingPeriodDescriptor#${name} Nine Weeks`,
          gradingPeriodName: `Quarter ${at + 3}`,
          schoolId: 255901001,
          schoolYear: 2027,
        },
      })),
    });
    const old = await mapAll(smallDistrict(), { mapping: '4.0', standard: '4.0' });
    expect(byId(old('sessions'), 'F|S1').body.gradingPeriods).toEqual(
      ['First', 'Second'].map((name, at) => ({
        gradingPeriodReference: {
          gradingPeriodDescriptor: `uri://ed-fi.org/GradingPeriodDescriptor#${name} Nine Weeks`,
          periodSequence: at + 1,
          schoolId: 255901001,
          schoolYear: 2027,
        },
      })),
    );
    expect(old('gradingPeriods').map((record) => record.body.periodSequence)).toEqual([1, 1, 2, 2, 3, 4]);
  });

  test('a grading period keeps its place when another appears before it', async () => {
    const kept = new Map<string, string>();
    const first = await mapAll(smallDistrict());
    for (const { sourceId, frozen = [] } of first('gradingPeriods'))
      for (const { path, value } of frozen) kept.set(`ed-fi/gradingPeriods ${sourceId} ${path}`, value);
    expect(kept.size).toBe(12);
    const sheets = smallDistrict();
    sheets.academicSessions!.push(['Q0', 'Quarter 0', 'gradingPeriod', '2026-08-10', '2026-08-16', 'F', '2027']);
    const frozen: RunContext['frozen'] = (resource, sourceId, path) => kept.get(`${resource} ${sourceId} ${path}`);
    const later = await mapAll(sheets, { frozen });
    expect(byId(later('gradingPeriods'), 'Q1|S1').body).toEqual(byId(first('gradingPeriods'), 'Q1|S1').body);
    expect(byId(later('sessions'), 'P|S1').body).toEqual(byId(first('sessions'), 'P|S1').body);
  });

  test('two terms with one title in a school and year get different names', async () => {
    const sheets = smallDistrict();
    setCell(sheets, 'academicSessions', 'P', 'title', 'Fall');
    const all = await mapAll(sheets);
    expect(byId(all('sessions'), 'F|S1').body.sessionName).toBe('Fall');
    expect(byId(all('sessions'), 'P|S1').body.sessionName).toBe('Fall (2)');
    expect(byId(all('sections'), 'K1|P').body.courseOfferingReference).toMatchObject({ sessionName: 'Fall (2)' });
  });

  test('a term whose title is no value of its own is told by its place', async () => {
    const sheets = smallDistrict();
    for (const id of ['F', 'P']) setCell(sheets, 'academicSessions', id, 'type', 'term');
    const all = await mapAll(sheets);
    expect(all('sessions').map((record) => record.body.termDescriptor)).toEqual(
      ['Fall', 'Spring', 'Fall'].map((name) => `uri://ed-fi.org/TermDescriptor#${name} Semester`),
    );
    sheets.academicSessions!.push(
      ...['T1', 'T2', 'T3'].map((id, at) => [id, id, 'term', `2026-0${at + 7}-01`, '2026-12-01', 'Y', '2027']),
    );
    const five = await mapAll(sheets);
    expect(troubles(five('sessions')).map(({ value }) => value)).toEqual(['term 3 of 5', 'term 5 of 5', 'term 3 of 5']);
  });

  test('a class whose terms are grading periods is in their term', async () => {
    const sheets = smallDistrict();
    setCell(sheets, 'classes', 'K2', 'termSourcedIds', 'Q1,Q2');
    const all = await mapAll(sheets);
    expect(all('sections').map((record) => record.sourceId)).toContain('K2|F');
    expect(troubles(all('sections'))).toEqual([]);
  });

  test('a school year is its ending year, however it is written', async () => {
    const sheets = smallDistrict();
    setCell(sheets, 'academicSessions', 'F', 'schoolYear', '2026-2027');
    setCell(sheets, 'academicSessions', 'P', 'schoolYear', '');
    const all = await mapAll(sheets);
    expect(all('sessions').map((record) => record.body.schoolYearTypeReference)).toEqual(
      [2027, 2027, 2027].map((schoolYear) => ({ schoolYear })),
    );
  });
});

describe('classes', () => {
  test('over several terms become one section in each, or one in the year', async () => {
    const each = await mapAll(smallDistrict());
    expect(each('sections').map((record) => record.sourceId)).toEqual(['K1|F', 'K1|P', 'K2|F', 'K3|F']);
    expect(each('studentSectionAssociations').map((record) => record.sourceId)).toEqual([
      'E1|F',
      'E1|P',
      'E2|F',
      'E3|F',
    ]);
    const year = await mapAll(smallDistrict(), { settings: { multiTermClasses: 'year-session' } });
    expect(year('sections').map((record) => record.sourceId)).toEqual(['K1|Y', 'K2|F', 'K3|F']);
    expect(byId(year('sessions'), 'Y|S1').body).toMatchObject({
      termDescriptor: 'uri://ed-fi.org/TermDescriptor#Year Round',
      sessionName: '2026-2027',
    });
    expect(year('studentSectionAssociations').map((record) => record.sourceId)).toEqual(['E1|Y', 'E2|F', 'E3|F']);
    expect(byId(year('gradingPeriods'), 'Q4|S1').body.gradingPeriodName).toBe('Quarter 4');
  });

  test('make one course offering per course, school and session, and one period and room per school', async () => {
    const sheets = smallDistrict();
    sheets.classes!.push(['K4', 'Algebra I - 2', 'C1', 'scheduled', '101', 'S1', 'F', '2,3']);
    const all = await mapAll(sheets);
    expect(all('courseOfferings').map((record) => record.sourceId)).toEqual([
      'C1|S1|F',
      'C1|S1|P',
      'C2|S1|F',
      'C1|S2|F',
    ]);
    expect(all('classPeriods').map((record) => record.body.classPeriodName)).toEqual(['1', '2', '0', '3']);
    expect(all('locations').map((record) => record.body.classroomIdentificationCode)).toEqual(['101', '102', '1']);
    expect(byId(all('sections'), 'K4|F').body).toMatchObject({
      sectionIdentifier: 'K4',
      locationReference: { classroomIdentificationCode: '101', schoolId: 255901001 },
      classPeriods: [
        { classPeriodReference: { classPeriodName: '2' } },
        { classPeriodReference: { classPeriodName: '3' } },
      ],
    });
  });

  test('courses with one code in one organization are one course', async () => {
    const sheets = smallDistrict();
    sheets.courses!.push(['C9', 'Algebra I', 'ALG1', 'D', '', '']);
    setCell(sheets, 'classes', 'K3', 'courseSourcedId', 'C9');
    const all = await mapAll(sheets);
    expect(all('courses').map((record) => record.sourceId)).toEqual(['C1', 'C2']);
    expect(byId(all('sections'), 'K3|F').body.courseOfferingReference).toMatchObject({ localCourseCode: 'ALG1' });
  });

  test('without a course, a term or a school are reported where they are, and inherited by who is in them', async () => {
    const sheets = smallDistrict();
    dropRow(sheets, 'courses', 'C1');
    setCell(sheets, 'classes', 'K2', 'termSourcedIds', '');
    const all = await mapAll(sheets);
    expect(byId(all('sections'), 'K1|F').issues).toEqual([
      { code: 'row-missing', path: '', table: 'courses', column: 'courseSourcedId', value: 'C1' },
    ]);
    expect(byId(all('sections'), 'K2|').issues).toEqual([
      { code: 'value-missing', path: '', table: 'classes', column: 'termSourcedIds' },
    ]);
    expect(byId(all('studentSectionAssociations'), 'E1|F').issues).toMatchObject([
      { code: 'row-missing', inherited: true },
    ]);
    expect(all('courseOfferings')).toEqual([]);
    expect(all('sessions').length).toBe(3);
  });

  test('an unknown subject does not stop a course', async () => {
    const sheets = smallDistrict();
    setCell(sheets, 'courses', 'C1', 'subjects', 'Basket weaving');
    const all = await mapAll(sheets);
    expect(byId(all('courses'), 'C1').body.academicSubjects).toEqual([
      { academicSubjectDescriptor: 'uri://ed-fi.org/AcademicSubjectDescriptor#Mathematics' },
    ]);
    setCell(sheets, 'courses', 'C1', 'subjectCodes', '');
    const course = byId((await mapAll(sheets))('courses'), 'C1');
    expect(course).not.toHaveProperty('issues');
    expect(course.warnings).toMatchObject([{ code: 'descriptor-unmapped', value: 'Basket weaving' }]);
  });
});

describe('students', () => {
  test.each([
    ['identifier', '00123'],
    ['sourcedId', 'U1'],
    ['userIds:state', '0012'],
  ])('take their unique id from %s, leading zeros kept', async (studentId, expected) => {
    const all = await mapAll(smallDistrict(), { settings: { studentId } });
    expect(byId(all('students'), 'U1').body.studentUniqueId).toBe(expected);
    expect(byId(all('studentSectionAssociations'), 'E1|F').body.studentReference).toEqual({
      studentUniqueId: expected,
    });
  });

  test('without that identifier are reported as themselves; what refers to them inherits it', async () => {
    const sheets = smallDistrict();
    setCell(sheets, 'users', 'U1', 'identifier', '');
    const all = await mapAll(sheets);
    expect(byId(all('students'), 'U1').issues).toEqual([
      { code: 'value-missing', path: 'studentUniqueId', table: 'users', column: 'identifier' },
    ]);
    expect(byId(all('studentSchoolAssociations'), 'R1').issues).toMatchObject([
      { code: 'value-missing', inherited: true },
    ]);
  });

  test('a GUID fits into 32 characters', async () => {
    const sheets = smallDistrict();
    const guid = '0f8fad5b-d9cb-469f-a165-70867728950e';
    for (const rows of Object.values(sheets))
      for (const row of rows) for (const [at, value] of row.entries()) if (value === 'U1') row[at] = guid;
    const all = await mapAll(sheets, { settings: { studentId: 'sourcedId' } });
    expect(byId(all('students'), guid).body.studentUniqueId).toBe('0f8fad5bd9cb469fa16570867728950e');
  });

  test('without demographics are reported, and still have their key', async () => {
    const sheets = smallDistrict();
    dropRow(sheets, 'demographics', 'U1');
    const all = await mapAll(sheets);
    const student = byId(all('students'), 'U1');
    expect(student.body.studentUniqueId).toBe('00123');
    expect(student.issues).toEqual([
      { code: 'row-missing', path: '', table: 'demographics', column: 'sourcedId', value: 'U1' },
    ]);
  });

  test('dates in the format of the setting, and only in that', async () => {
    const sheets = smallDistrict();
    setCell(sheets, 'demographics', 'U1', 'birthDate', '31/12/2011');
    const all = await mapAll(sheets, { settings: { dateFormat: 'd/M/yyyy' } });
    expect(byId(all('students'), 'U1').body.birthDate).toBe('2011-12-31');
    const refused = byId((await mapAll(sheets))('students'), 'U1');
    expect(refused.body).not.toHaveProperty('birthDate');
    expect(refused.issues).toMatchObject([
      { code: 'value-unreadable', path: 'birthDate', table: 'demographics', column: 'birthDate' },
    ]);
  });

  test('sex, ethnicity, races and identifiers go to the district, or to the school', async () => {
    const all = await mapAll(smallDistrict());
    expect(byId(all('studentEducationOrganizationAssociations'), 'U1|255901').body).toMatchObject({
      educationOrganizationReference: { educationOrganizationId: 255901 },
      sexDescriptor: 'uri://ed-fi.org/SexDescriptor#Female',
      hispanicLatinoEthnicity: false,
      races: [
        { raceDescriptor: 'uri://ed-fi.org/RaceDescriptor#Asian' },
        { raceDescriptor: 'uri://ed-fi.org/RaceDescriptor#White' },
      ],
      electronicMails: [{ electronicMailAddress: 'ann@example.org' }],
      telephones: [{ telephoneNumber: '555-0100' }],
    });
    const codes = byId(all('studentEducationOrganizationAssociations'), 'U1|255901').body
      .studentIdentificationCodes as JsonObject[];
    expect(codes.map((code) => code.identificationCode)).toEqual(['0012', '00123', 'U1']);
    const school = await mapAll(smallDistrict(), { settings: { studentEducationOrganization: 'school' } });
    expect(school('studentEducationOrganizationAssociations').map((record) => record.sourceId)).toEqual([
      'U1|255901001',
      'U2|255901044',
    ]);
  });

  test('a school outside the file’s districts needs the setting', async () => {
    const sheets = smallDistrict();
    setCell(sheets, 'orgs', 'S1', 'parentSourcedId', '');
    const without = await mapAll(sheets);
    expect(byId(without('studentEducationOrganizationAssociations'), 'U1|').issues).toMatchObject([
      { code: 'value-missing' },
    ]);
    const all = await mapAll(sheets, { settings: { localEducationAgencyId: '255901' } });
    expect(troubles(all('studentEducationOrganizationAssociations'))).toEqual([]);
  });
});

describe('school associations', () => {
  const entryDates = async (sheets: Sheets, options: Options = {}) =>
    Object.fromEntries(
      (await mapAll(sheets, options))('studentSchoolAssociations').map((record) => [
        record.sourceId,
        record.body.entryDate,
      ]),
    );

  test('begin with the role, else the first enrolment, else the term', async () => {
    expect(await entryDates(smallDistrict())).toEqual({ R1: '2026-08-20', R2: '2026-08-24' });
    expect(await entryDates(smallDistrict(), { settings: { entryDate: 'term-start' } })).toEqual({
      R1: '2026-08-20',
      R2: '2026-08-17',
    });
    const sheets = smallDistrict();
    setCell(sheets, 'enrollments', 'E3', 'beginDate', '');
    expect(await entryDates(sheets)).toEqual({ R1: '2026-08-20', R2: '2026-08-17' });
  });

  test('a synthetic entry date does not drift once it was sent; a real one replaces it', async () => {
    const sheets = smallDistrict();
    const first = await mapAll(sheets);
    expect(byId(first('studentSchoolAssociations'), 'R2').frozen).toEqual([{ path: 'entryDate', value: '2026-08-24' }]);
    expect(byId(first('studentSchoolAssociations'), 'R1')).not.toHaveProperty('frozen');
    setCell(sheets, 'enrollments', 'E3', 'beginDate', '2026-09-30');
    const frozen: RunContext['frozen'] = (resource, id, path) =>
      resource === 'ed-fi/studentSchoolAssociations' && id === 'R2' && path === 'entryDate' ? '2026-08-24' : undefined;
    expect(await entryDates(sheets)).toMatchObject({ R2: '2026-09-30' });
    expect(await entryDates(sheets, { frozen })).toMatchObject({ R2: '2026-08-24' });
    setCell(sheets, 'roles', 'R2', 'beginDate', '2026-08-18');
    expect(await entryDates(sheets, { frozen })).toMatchObject({ R2: '2026-08-18' });
  });

  test('a role that ends before the last day is a withdrawal; one that ends with the year is not', async () => {
    const sheets = smallDistrict();
    setCell(sheets, 'roles', 'R1', 'endDate', '2026-11-02');
    setCell(sheets, 'roles', 'R2', 'endDate', '2027-05-28');
    const all = await mapAll(sheets);
    expect(byId(all('studentSchoolAssociations'), 'R1').body).toMatchObject({
      exitWithdrawDate: '2026-11-02',
      exitWithdrawTypeDescriptor: 'uri://ed-fi.org/ExitWithdrawTypeDescriptor#Withdrawn',
    });
    expect(byId(all('studentSchoolAssociations'), 'R2').body).not.toHaveProperty('exitWithdrawDate');
    const unmapped = byId(
      (await mapAll(sheets, { settings: { exitWithdrawType: 'Moved' } }))('studentSchoolAssociations'),
      'R1',
    );
    expect(unmapped.body.exitWithdrawDate).toBe('2026-11-02');
    expect(unmapped).not.toHaveProperty('issues');
  });

  test('roles made from 1.1 users give one association per school, none for the district', async () => {
    const sheets = smallDistrict();
    const [header = []] = sheets.roles!;
    sheets.roles = [
      header,
      ['U1/S1', 'U1', 'primary', 'student', '', '', 'S1'],
      ['U1/S2', 'U1', 'secondary', 'student', '', '', 'S2'],
      ['U1/D', 'U1', 'secondary', 'student', '', '', 'D'],
      ['U2/S2', 'U2', 'primary', 'student', '', '', 'S2'],
      ['U2/S9', 'U2', 'secondary', 'student', '', '', 'S9'],
    ];
    setCell(sheets, 'users', 'U2', 'primaryOrgSourcedId', '');
    const all = await mapAll(sheets);
    const records = all('studentSchoolAssociations');
    expect(records.map((record) => [record.sourceId, record.body.primarySchool])).toEqual([
      ['U1/S1', true],
      ['U1/S2', false],
      ['U2/S2', true],
      ['U2/S9', false],
    ]);
    expect(byId(records, 'U2/S9').issues).toMatchObject([
      { code: 'row-missing', table: 'orgs', column: 'orgSourcedId', value: 'S9' },
    ]);
    expect(byId(records, 'U1/S1').body.entryDate).toBe('2026-08-21');
  });
});

describe('places in a class', () => {
  const dates = async (change: (sheets: Sheets) => void, options: Options = {}) => {
    const sheets = smallDistrict();
    change(sheets);
    const all = await mapAll(sheets, options);
    return all('studentSectionAssociations').map(({ sourceId, body }) => [sourceId, body.beginDate, body.endDate]);
  };
  const set = (column: string, value: string) => (sheets: Sheets) =>
    setCell(sheets, 'enrollments', 'E1', column, value);

  test('begin with the enrolment, else with the later of session and entry', async () => {
    expect((await dates(() => {})).slice(0, 2)).toEqual([
      ['E1|F', '2026-08-20', undefined],
      ['E1|P', '2027-01-05', undefined],
    ]);
    expect((await dates(set('beginDate', '2026-09-01'))).slice(0, 2)).toEqual([
      ['E1|F', '2026-09-01', undefined],
      ['E1|P', '2027-01-05', undefined],
    ]);
  });

  test('a student who left, or came, mid-year is only in the sessions between', async () => {
    expect((await dates(set('endDate', '2026-10-01'))).slice(0, 2)).toEqual([
      ['E1|F', '2026-08-20', '2026-10-01'],
      ['E2|F', '2026-08-21', undefined],
    ]);
    expect((await dates(set('endDate', '2027-05-28'))).slice(0, 2)).toEqual([
      ['E1|F', '2026-08-20', '2026-12-18'],
      ['E1|P', '2027-01-05', '2027-05-28'],
    ]);
    expect((await dates(set('beginDate', '2027-02-01')))[0]).toEqual(['E1|P', '2027-02-01', undefined]);
  });

  test('that end early are kept with their end date, or left out to be deleted', async () => {
    const change = (sheets: Sheets) => setCell(sheets, 'enrollments', 'E2', 'endDate', '2026-10-01');
    expect(await dates(change)).toContainEqual(['E2|F', '2026-08-21', '2026-10-01']);
    expect((await dates(change, { settings: { sendDrops: 'delete' } })).map(([id]) => id)).toEqual([
      'E1|F',
      'E1|P',
      'E3|F',
    ]);
  });

  test('a synthetic begin date is frozen, per session', async () => {
    const all = await mapAll(smallDistrict());
    expect(byId(all('studentSectionAssociations'), 'E1|P').frozen).toEqual([
      { path: 'beginDate', value: '2027-01-05' },
    ]);
    const frozen: RunContext['frozen'] = (resource, id, path) =>
      `${resource} ${id} ${path}` === 'ed-fi/studentSectionAssociations E1|P beginDate' ? '2027-01-04' : undefined;
    expect((await dates(() => {}, { frozen })).slice(0, 2)).toEqual([
      ['E1|F', '2026-08-20', undefined],
      ['E1|P', '2027-01-04', undefined],
    ]);
  });

  test('a homeroom is told', async () => {
    const all = await mapAll(smallDistrict());
    expect(byId(all('studentSectionAssociations'), 'E2|F').body.homeroomIndicator).toBe(true);
    expect(byId(all('studentSectionAssociations'), 'E3|F').body).not.toHaveProperty('homeroomIndicator');
  });

  test('of people or classes that are not in the files are reported', async () => {
    const sheets = smallDistrict();
    dropRow(sheets, 'users', 'T1');
    dropRow(sheets, 'classes', 'K3');
    const all = await mapAll(sheets);
    expect(byId(all('staffSectionAssociations'), 'E4|F').issues).toEqual([
      { code: 'row-missing', path: '', table: 'users', column: 'userSourcedId', value: 'T1' },
    ]);
    expect(byId(all('studentSectionAssociations'), 'E3|').issues).toEqual([
      { code: 'row-missing', path: '', table: 'classes', column: 'classSourcedId', value: 'K3' },
    ]);
  });
});

describe('staff and contacts', () => {
  test('staff take the identifier, else the sourcedId; primary tells the position', async () => {
    const all = await mapAll(smallDistrict());
    expect(all('staffs').map((record) => record.body.staffUniqueId)).toEqual(['9001', 'T2']);
    const position = (id: string) => byId(all('staffSectionAssociations'), id).body.classroomPositionDescriptor;
    expect(position('E4|F')).toBe('uri://ed-fi.org/ClassroomPositionDescriptor#Teacher of Record');
    expect(position('E6|F')).toBe('uri://ed-fi.org/ClassroomPositionDescriptor#Assistant Teacher');
    expect(position('E5|F')).toBe('uri://ed-fi.org/ClassroomPositionDescriptor#Support Teacher');
    expect(byId(all('staffSectionAssociations'), 'E4|P').frozen).toEqual([{ path: 'beginDate', value: '2027-01-05' }]);
  });

  test('an assignment without begin date begins with the school’s first session, frozen', async () => {
    const all = await mapAll(smallDistrict());
    const assignments = all('staffEducationOrganizationAssignmentAssociations');
    expect(byId(assignments, 'R3').body.beginDate).toBe('2026-08-01');
    expect(byId(assignments, 'R4').body.beginDate).toBe('2026-08-17');
    expect(byId(assignments, 'R4').frozen).toEqual([{ path: 'beginDate', value: '2026-08-17' }]);
    expect(all('staffSchoolAssociations').map((record) => record.sourceId)).toEqual(['T1|S1', 'T2|S1']);
  });

  test('contacts are linked from either side, once', async () => {
    const sheets = smallDistrict();
    setCell(sheets, 'users', 'G1', 'agentSourcedIds', 'U1');
    const all = await mapAll(sheets);
    expect(all('studentContactAssociations').map((record) => record.sourceId)).toEqual(['U1|G1', 'U2|G2']);
    expect(byId(all('studentContactAssociations'), 'U2|G2').body).toEqual({
      contactReference: { contactUniqueId: 'G2' },
      studentReference: { studentUniqueId: '00124' },
      relationDescriptor: 'uri://ed-fi.org/RelationDescriptor#Guardian',
    });
    const old = await mapAll(sheets, { mapping: '4.0', standard: '4.0' });
    expect(byId(old('studentParentAssociations'), 'U1|G1').body.parentReference).toEqual({ parentUniqueId: 'G1' });
  });

  test('an agent who is not in the file is reported; one who is no contact is none', async () => {
    const sheets = smallDistrict();
    setCell(sheets, 'users', 'U1', 'agentSourcedIds', 'G1,T1,ZZ');
    const all = await mapAll(sheets);
    expect(all('studentContactAssociations').map((record) => record.sourceId)).toEqual(['U1|G1', 'U1|ZZ', 'U2|G2']);
    expect(byId(all('studentContactAssociations'), 'U1|ZZ').issues).toEqual([
      { code: 'row-missing', path: '', table: 'users', column: 'agentSourcedIds', value: 'ZZ' },
    ]);
  });

  test('an unusable telephone number is left out with a warning', async () => {
    const sheets = smallDistrict();
    setCell(sheets, 'users', 'G1', 'sms', 'call after five, or try the neighbours');
    const contact = byId((await mapAll(sheets))('contacts'), 'G1');
    expect(contact.body).not.toHaveProperty('telephones');
    expect(contact).not.toHaveProperty('issues');
    expect(contact.warnings).toMatchObject([
      { code: 'value-unreadable', path: 'telephones[].telephoneNumber', column: 'sms' },
    ]);
  });
});
