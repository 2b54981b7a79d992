/** An API in the words a steward uses: "Ed-Fi 5.2 with Texas", "Which school year?". */
import type { ApiView } from '../contract/schemas.ts';
import type { Discovery } from '../edfi/discovery.ts';

/** Extensions are often named by their state's code. */
const STATES: Readonly<Record<string, string>> = Object.fromEntries(
  `AL Alabama,AK Alaska,AZ Arizona,AR Arkansas,CA California,CO Colorado,CT Connecticut,DE Delaware,DC District of Columbia,FL Florida,GA Georgia,HI Hawaii,ID Idaho,IL Illinois,IN Indiana,IA Iowa,KS Kansas,KY Kentucky,LA Louisiana,ME Maine,MD Maryland,MA Massachusetts,MI Michigan,MN Minnesota,MS Mississippi,MO Missouri,MT Montana,NE Nebraska,NV Nevada,NH New Hampshire,NJ New Jersey,NM New Mexico,NY New York,NC North Carolina,ND North Dakota,OH Ohio,OK Oklahoma,OR Oregon,PA Pennsylvania,RI Rhode Island,SC South Carolina,SD South Dakota,TN Tennessee,TX Texas,UT Utah,VT Vermont,VA Virginia,WA Washington,WV West Virginia,WI Wisconsin,WY Wyoming`
    .split(',')
    .map((entry) => [entry.slice(0, 2).toLowerCase(), entry.slice(3)]),
);

/** Names and versions come from the server: only what looks like one is repeated. */
const isName = (text: string): boolean => /^[A-Za-z][\w .-]{0,40}$/.test(text);
const isVersion = (text: string): boolean => /^\d[\w.-]{0,20}$/.test(text);

/** `tx` → `Texas`, `SouthCarolina` → `South Carolina`, `TPDM` and `tpdm` → `TPDM`. */
export function extensionInWords(name: string): string {
  if (!isName(name)) return 'an extension';
  const state = STATES[name.toLowerCase()];
  if (state !== undefined) return state;
  if (/^[a-z]{2,5}$/.test(name)) return name.toUpperCase();
  return name.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[_-]/g, ' ');
}

/** `5.2.0` → `5.2`, `3.3.1-b` → `3.3b`; undefined where it is no version. */
export function standardInWords(version: string | undefined): string | undefined {
  if (version === undefined || !isVersion(version)) return undefined;
  const parts = /^(\d+)\.(\d+)(?:\.\d+)*(?:-([a-z]))?$/.exec(version);
  return parts === null ? version : `${parts[1]}.${parts[2]}${parts[3] ?? ''}`;
}

const listInWords = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

type OpenPart = ApiView['open'][number];

function questionFor(name: string): string {
  if (/year/i.test(name)) return 'Which school year? Enter the year in which it ends: 2027 for 2026-27.';
  if (/tenant/i.test(name)) return "Which tenant? The API's host names it: often the district's code.";
  if (/instance/i.test(name)) return "Which instance of the API? The API's host names it.";
  return isName(name)
    ? `What stands for "${name}" in the API's addresses? The API's host knows.`
    : "What stands for the unnamed part of the API's addresses? The API's host knows.";
}

/** More than that is no choice any more. */
const MOST_CHOICES = 30;

/** `range(2020,2030)` and `regex(^(2026|2027)$)` name the values there can be. */
function choicesIn(rule: string | undefined): string[] {
  const range = /^range\(\s*(\d{1,6})\s*,\s*(\d{1,6})\s*\)/.exec(rule ?? '');
  if (range !== null) {
    const [from, to] = [Number(range[1]), Number(range[2])];
    if (to < from || to - from >= MOST_CHOICES) return [];
    return Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
  }
  const listed = /^regex\(\^?\(?([\w-]+(?:\|[\w-]+)*)\)?\$?\)/.exec(rule ?? '')?.[1]?.split('|') ?? [];
  return listed.length <= MOST_CHOICES ? listed : [];
}

/** From the large to the small, as a person thinks of them. */
const RANKS = [/tenant/i, /instance/i, /year/i];
const rankOf = (name: string): number => {
  const rank = RANKS.findIndex((part) => part.test(name));
  return rank < 0 ? RANKS.length : rank;
};

const openParts = ({ placeholders, rules }: Discovery): OpenPart[] =>
  [...placeholders]
    .sort((a, b) => rankOf(a) - rankOf(b))
    .map((name) => ({ name, question: questionFor(name), choices: choicesIn(rules?.[name]) }));

/** @param host name and port of the base address */
export function describeApi(discovery: Discovery, host: string): ApiView {
  const dataStandard = standardInWords(discovery.dataStandard);
  const extensions = discovery.dataModels
    .filter((model) => model.name.toLowerCase() !== 'ed-fi')
    .map(({ name, version }) => ({
      name: isName(name) ? name : 'extension',
      inWords: extensionInWords(name),
      version: isVersion(version) ? version : '',
    }));
  const base = dataStandard === undefined ? 'Ed-Fi' : `Ed-Fi ${dataStandard}`;
  const named = [...new Set(extensions.map((extension) => extension.inWords))];
  const version = discovery.version !== undefined && isVersion(discovery.version) ? discovery.version : null;
  return {
    host,
    version,
    dataStandard: dataStandard ?? null,
    inWords: named.length === 0 ? base : `${base} with ${listInWords(named)}`,
    extensions,
    encrypted: discovery.encrypted,
    open: openParts(discovery),
  };
}
