/** Names of the field, as a person reads them. */

/**
 * `ed-fi/studentSchoolAssociations` → `Student school associations`, `edfi.LocalEducationAgency` → `Local education
 * agency`, `GradeLevelDescriptor` → `Grade level descriptor`.
 */
export function inWords(name: string): string {
  const bare = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('.')) + 1);
  const words = bare
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .split(' ')
    // An abbreviation stays one.
    .map((word) => (/^[A-Z\d]{2,}s?$/.test(word) ? word : word.toLowerCase()))
    .join(' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
