import type { ApiModel, PropertyModel, ResourceModel } from '../../core/edfi/model.ts';

const scalar = (name: string): PropertyModel => ({
  kind: 'scalar',
  name,
  type: 'string',
  required: true,
  identity: false,
});
const descriptor = (name: string, type: string): PropertyModel => ({
  kind: 'descriptor',
  name,
  descriptor: type,
  maxLength: 306,
  required: false,
  identity: false,
});
const reference = (name: string, entity: string, members: readonly string[]): PropertyModel => ({
  kind: 'reference',
  name,
  entity,
  targets: [],
  members: members.map((member) => ({ name: member, type: 'string', required: true })),
  required: true,
  identity: true,
});
const resource = (
  name: string,
  entity: string,
  properties: readonly PropertyModel[],
  isA: string[] = [],
): ResourceModel => ({
  name: `ed-fi/${name}`,
  entity,
  properties,
  identity: [],
  updatableKey: false,
  isA,
});

const models = [
  resource('students', 'Student', [
    scalar('studentUniqueId'),
    scalar('firstName'),
    scalar('birthDate'),
    {
      kind: 'collection',
      name: 'races',
      minItems: 0,
      required: false,
      identity: false,
      properties: [descriptor('raceDescriptor', 'RaceDescriptor')],
    },
  ]),
  resource('schools', 'School', [scalar('schoolId')], ['EducationOrganization']),
  resource('programs', 'Program', [scalar('programName')]),
  resource('calendars', 'Calendar', [reference('schoolReference', 'School', ['schoolId'])]),
  resource('studentSchoolAssociations', 'StudentSchoolAssociation', [
    reference('studentReference', 'Student', ['studentUniqueId']),
    reference('calendarReference', 'Calendar', ['schoolId', 'calendarCode']),
    descriptor('entryGradeLevelDescriptor', 'GradeLevelDescriptor'),
  ]),
  resource('studentSectionAttendanceEvents', 'StudentSectionAttendanceEvent', [scalar('eventDate')]),
  resource('bellSchedules', 'BellSchedule', [
    { kind: 'collection', name: 'classPeriods', minItems: 1, required: true, identity: false, properties: [] },
    scalar('totalInstructionalTime'),
  ]),
  resource('staffs', 'Staff', [scalar('staffUniqueId')]),
  resource('contacts', 'Contact', [scalar('contactUniqueId')]),
];

/** A few resources, enough for a vocabulary. */
export const model: ApiModel = {
  resources: Object.fromEntries(models.map((one) => [one.name, one])),
  descriptors: {
    RaceDescriptor: 'ed-fi/raceDescriptors',
    GradeLevelDescriptor: 'ed-fi/gradeLevelDescriptors',
    TermDescriptor: 'ed-fi/termDescriptors',
  },
};
