/** Small specifications of our own, in the two forms that there are: each with a natural key, a reference, a collection. */

const scalar = (type: string, more: Readonly<Record<string, unknown>> = {}) => ({ type, ...more });
const identity = { 'x-Ed-Fi-isIdentity': true };

const schemas = (place: string) => ({
  EdFi_School: {
    type: 'object',
    required: ['schoolId', 'nameOfInstitution', 'gradeLevels'],
    properties: {
      id: scalar('string'),
      schoolId: scalar('integer', { format: 'int32', ...identity }),
      nameOfInstitution: scalar('string', { maxLength: 75 }),
      gradeLevels: { type: 'array', items: { $ref: `${place}EdFi_SchoolGradeLevel` }, minItems: 1 },
      address: { $ref: `${place}EdFi_SchoolAddress` },
      _ext: { $ref: `${place}EdFi_SchoolExtensions` },
    },
  },
  EdFi_SchoolGradeLevel: {
    type: 'object',
    required: ['gradeLevelDescriptor'],
    properties: { gradeLevelDescriptor: scalar('string', { maxLength: 306, ...identity }) },
  },
  EdFi_SchoolAddress: {
    type: 'object',
    properties: {
      city: scalar('string', { maxLength: 30, minLength: 2 }),
      periods: { type: 'array', items: { $ref: `${place}EdFi_Period` } },
    },
  },
  EdFi_Period: {
    type: 'object',
    required: ['beginDate'],
    properties: { beginDate: scalar('string', { format: 'date', ...identity }) },
  },
  EdFi_SchoolExtensions: {
    type: 'object',
    properties: { tx: { type: 'object', properties: { rank: scalar('number') } } },
  },
  EdFi_SchoolReference: {
    type: 'object',
    required: ['schoolId'],
    properties: { schoolId: scalar('integer', { format: 'int32' }), link: { $ref: `${place}Link` } },
  },
  Link: { type: 'object', properties: { rel: scalar('string'), href: scalar('string') } },
  EdFi_Course: {
    type: 'object',
    required: ['courseCode', 'schoolReference'],
    properties: {
      courseCode: scalar('string', { maxLength: 60, ...identity }),
      schoolReference: { $ref: `${place}EdFi_SchoolReference` },
      subjectDescriptor: scalar('string', { maxLength: 306 }),
      isOpen: scalar('boolean'),
      credits: scalar('number', { format: 'double', minimum: 0, maximum: 9 }),
    },
  },
  EdFi_CourseReference: {
    type: 'object',
    required: ['courseCode', 'schoolId'],
    properties: { courseCode: scalar('string', { maxLength: 60 }), schoolId: scalar('integer') },
  },
  EdFi_Section: {
    type: 'object',
    required: ['sectionIdentifier', 'courseReference'],
    properties: {
      sectionIdentifier: scalar('string', { maxLength: 255, ...identity }),
      courseReference: { allOf: [{ $ref: `${place}EdFi_CourseReference` }] },
      programs: { type: 'array', items: { $ref: `${place}EdFi_SectionProgram` } },
    },
  },
  EdFi_SectionProgram: { type: 'object', properties: { schoolReference: { $ref: `${place}EdFi_SchoolReference` } } },
  EdFi_TermDescriptor: { type: 'object', properties: { codeValue: scalar('string'), namespace: scalar('string') } },
});

const RESOURCES = {
  schools: 'EdFi_School',
  courses: 'EdFi_Course',
  sections: 'EdFi_Section',
  termDescriptors: 'EdFi_TermDescriptor',
};

const paths = (body: (schema: string) => unknown): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(RESOURCES).flatMap(([name, schema]) => [
      [
        `/ed-fi/${name}`,
        {
          get: { parameters: [{ name: 'courseCode', in: 'query', schema: { type: 'string', ...identity } }] },
          post: body(schema),
        },
      ],
      [
        `/ed-fi/${name}/{id}`,
        { get: {}, put: { ...(body(schema) as object), 'x-Ed-Fi-isUpdatable': name === 'sections' }, delete: {} },
      ],
    ]),
  );

/** OpenAPI 3.0. */
export const openApi = {
  openapi: '3.0.1',
  paths: paths((schema) => ({
    requestBody: { content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } } },
  })),
  components: { schemas: schemas('#/components/schemas/') },
};

/** Swagger 2.0. */
export const swagger = {
  swagger: '2.0',
  paths: paths((schema) => ({
    parameters: [{ name: 'body', in: 'body', schema: { $ref: `#/definitions/${schema}` } }],
  })),
  definitions: schemas('#/definitions/'),
};
