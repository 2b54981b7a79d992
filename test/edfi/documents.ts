/** Small OpenAPI documents in the two spellings that Ed-Fi hosts use. */
type Json = Record<string, unknown>;

const string = (maxLength?: number): Json => ({ type: 'string', ...(maxLength === undefined ? {} : { maxLength }) });
const key = (schema: Json): Json => ({ ...schema, 'x-Ed-Fi-isIdentity': true });
const integer: Json = { type: 'integer', format: 'int32' };
const date: Json = { type: 'string', format: 'date' };
const link: Json = { type: 'object', properties: { rel: string(), href: string() } };

/** Schemas as an ODS writes them: only scalars are marked as identity. `ref` is the prefix of a reference. */
const schemas = (at: (name: string) => string): Json => {
  const to = (name: string): Json => ({ $ref: at(name) });
  const reference = (properties: Json): Json => ({
    type: 'object',
    required: Object.keys(properties),
    properties: { ...properties, link: to('link') },
  });
  return {
    link,
    edFi_school: {
      type: 'object',
      required: ['schoolId', 'nameOfInstitution', 'gradeLevels'],
      properties: {
        id: string(),
        schoolId: key(integer),
        nameOfInstitution: string(75),
        gradeLevels: { type: 'array', items: to('edFi_schoolGradeLevel') },
        _etag: string(),
        _ext: to('edFi_schoolExtensions'),
      },
    },
    edFi_schoolGradeLevel: {
      type: 'object',
      required: ['gradeLevelDescriptor'],
      properties: { gradeLevelDescriptor: key(string(306)) },
    },
    edFi_schoolExtensions: { type: 'object', properties: { tx: to('tx_schoolExtension') } },
    tx_schoolExtension: {
      type: 'object',
      required: ['charterWaitlist'],
      properties: { charterWaitlist: { type: 'boolean' }, openedOn: date },
    },
    edFi_schoolReference: reference({ schoolId: integer }),
    edFi_educationOrganizationReference: reference({ educationOrganizationId: integer }),
    edFi_schoolYearTypeReference: reference({ schoolYear: integer }),
    edFi_sessionReference: reference({ schoolId: integer, schoolYear: integer, sessionName: string(60) }),
    edFi_gradingPeriodReference: reference({ gradingPeriodName: string(60), schoolId: integer, schoolYear: integer }),
    edFi_session: {
      type: 'object',
      required: ['sessionName', 'beginDate', 'schoolReference', 'schoolYearTypeReference', 'termDescriptor'],
      properties: {
        id: string(),
        sessionName: key(string(60)),
        schoolReference: to('edFi_schoolReference'),
        schoolYearTypeReference: to('edFi_schoolYearTypeReference'),
        beginDate: date,
        termDescriptor: string(306),
        totalInstructionalDays: { ...integer, minimum: 0, maximum: 366 },
        gradingPeriods: { type: 'array', items: to('edFi_sessionGradingPeriod') },
      },
    },
    edFi_sessionGradingPeriod: {
      type: 'object',
      required: ['gradingPeriodReference'],
      properties: { gradingPeriodReference: to('edFi_gradingPeriodReference') },
    },
    edFi_gradingPeriod: {
      type: 'object',
      required: ['gradingPeriodName', 'schoolReference', 'schoolYearTypeReference'],
      properties: {
        gradingPeriodName: key(string(60)),
        schoolReference: to('edFi_schoolReference'),
        schoolYearTypeReference: to('edFi_schoolYearTypeReference'),
      },
    },
    // Its key has schoolId twice, which must agree, and a year of its own beside that of the grading period.
    edFi_grade: {
      type: 'object',
      required: ['gradeTypeDescriptor', 'gradingPeriodReference', 'sessionReference'],
      properties: {
        gradeTypeDescriptor: key(string(306)),
        gradingPeriodReference: to('edFi_gradingPeriodReference'),
        sessionReference: to('edFi_sessionReference'),
        schoolReference: to('edFi_schoolReference'),
        responsibleOrganizationReference: to('edFi_educationOrganizationReference'),
        percent: { type: 'number', format: 'double' },
      },
    },
    edFi_gradeReference: reference({
      gradeTypeDescriptor: string(306),
      gradingPeriodName: string(60),
      gradingPeriodSchoolYear: integer,
      schoolId: integer,
      schoolYear: integer,
      sessionName: string(60),
    }),
    edFi_gradeLevelDescriptor: {
      type: 'object',
      required: ['codeValue', 'namespace', 'shortDescription'],
      properties: { codeValue: key(string(50)), namespace: key(string(255)), shortDescription: string(75) },
    },
  };
};

const RESOURCES = [
  ['/ed-fi/schools', 'edFi_school', false],
  ['/ed-fi/sessions', 'edFi_session', true],
  ['/ed-fi/gradingPeriods', 'edFi_gradingPeriod', false],
  ['/ed-fi/grades', 'edFi_grade', true],
  ['/ed-fi/gradeLevelDescriptors', 'edFi_gradeLevelDescriptor', false],
  ['/ed-fi/termDescriptors', 'edFi_gradeLevelDescriptor', false],
] as const;

export function openApi3(): Json {
  const paths: Json = {};
  for (const [path, schema, updatable] of RESOURCES) {
    const requestBody = { content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } } };
    paths[path] = { get: { parameters: [] }, post: { requestBody } };
    paths[`${path}/{id}`] = {
      put: { requestBody, ...(updatable ? { 'x-Ed-Fi-isUpdatable': true } : {}) },
      delete: {},
    };
    paths[`${path}/deletes`] = { get: {} };
    paths[`${path}/keyChanges`] = { get: {} };
  }
  return {
    openapi: '3.0.1',
    paths,
    components: { schemas: schemas((name) => `#/components/schemas/${name}`) },
  };
}

export function swagger2(): Json {
  const paths: Json = {};
  for (const [path, schema, updatable] of RESOURCES) {
    const parameters = [{ name: schema, in: 'body', schema: { $ref: `#/definitions/${schema}` } }];
    paths[path] = { get: { parameters: [] }, post: { parameters } };
    paths[`${path}/{id}`] = { put: { parameters, ...(updatable ? { 'x-Ed-Fi-isUpdatable': true } : {}) } };
  }
  return { swagger: '2.0', paths, definitions: schemas((name) => `#/definitions/${name}`) };
}
