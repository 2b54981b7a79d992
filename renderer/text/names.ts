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

/** In this order: what stays as it is (what is in brackets or quoted, files), paths, members, types of the model. */
const NAMES =
  /\([^)]*\)|“[^”]*”|[\w-]+\.(?:csv|zip)\b|\b[a-z][A-Za-z\d]*(?:\[\])?(?:\.[a-z][A-Za-z\d]*(?:\[\])?)+|\b[a-z]+(?:[A-Z][a-z\d]*)+\b(?:\[\])?|\b[A-Z][a-z\d]+(?:[A-Z][a-z\d]*)*(?:Descriptor|Association|Reference)s?\b/g;

/**
 * Takes a sentence of the engine; gives it with the model's names as words: `birthDate is missing` → `Birth date is
 * missing`, `gradeLevels[].gradeLevelDescriptor` → `grade level descriptor in grade levels`. What is in brackets is a
 * column of the export, and stays as it is there, as do files and what is quoted.
 */
export function plainly(text: string): string {
  const said = text.replace(NAMES, (name) => {
    const isPath = /^[a-z][A-Za-z\d.[\]]*$/.test(name) && /[A-Z[]/.test(name) && !/\.(?:csv|zip)$/.test(name);
    if (!isPath && !/^[A-Z]/.test(name)) return name;
    return name.replaceAll('[]', '').split('.').reverse().map(midSentence).join(' in ');
  });
  return said.charAt(0).toUpperCase() + said.slice(1);
}

/** `studentSchoolAssociations` → `student school associations`, in mid-sentence. */
export function midSentence(name: string): string {
  const words = inWords(name);
  return /^[A-Z\d]{2,}/.test(words) ? words : words.charAt(0).toLowerCase() + words.slice(1);
}
