/**
 * Who may touch a person's records is decided by these associations, of which one is enough: they come before anything
 * else of that person (ed-fi-api.md, Metadata: a person is listed twice, Create early, Update after them).
 */
export const AUTHORIZING: Readonly<Record<string, readonly string[]>> = {
  Student: ['StudentSchoolAssociation'],
  Staff: ['StaffEducationOrganizationEmploymentAssociation', 'StaffEducationOrganizationAssignmentAssociation'],
  Contact: ['StudentContactAssociation'],
  Parent: ['StudentParentAssociation'],
};
