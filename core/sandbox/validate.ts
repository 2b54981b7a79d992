/** Checks a body against its resource's model, as an API does before it looks at anything else. */
import type {
  DescriptorProperty,
  JsonObject,
  JsonValue,
  PropertyModel,
  ReferenceMember,
  ReferenceProperty,
  ScalarProperty,
  ScalarType,
} from '../edfi/model.ts';
import type { DescriptorValues } from './descriptor-values.ts';
import type { Traits } from './generations.ts';
import type { UnknownDescriptor, ValidationErrors } from './problems.ts';
import { capital, isObject, type Shape, valuesAt } from './shape.ts';

/** What is wrong with a body, as it is found. */
interface Errors {
  /** JSON path → messages. */
  readonly messages: Record<string, string[]>;
  readonly descriptors: UnknownDescriptor[];
  /** Paths of members that the resource does not have. */
  readonly unknown: string[];
}

const add = ({ messages }: Errors, path: string, message: string): void => {
  messages[path] ??= [];
  messages[path].push(message);
};
const required = (errors: Errors, path: string, name: string): void =>
  add(errors, path, `${capital(name)} is required.`);

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/;
const TIME = /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?$/;
/** What the ODS takes for markup: it refuses such text in any string. */
const MARKUP = /<[a-z!/?]|&#/i;

function isDate(text: string): boolean {
  const parts = DATE.exec(text);
  if (parts === null) return false;
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  return day <= 28 || day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** @returns what is wrong with a value's type, or undefined */
function wrongType(type: ScalarType, format: string | undefined, value: JsonValue): string | undefined {
  switch (type) {
    case 'integer':
      if (typeof value !== 'number' || !Number.isInteger(value)) return 'must be a whole number.';
      if (format === 'int32' && Math.abs(value) > 0x7fff_ffff) return 'is out of range for a 32-bit whole number.';
      return Number.isSafeInteger(value) ? undefined : 'is out of range.';
    case 'number':
      return typeof value === 'number' ? undefined : 'must be a number.';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'must be true or false.';
    case 'date':
      return typeof value === 'string' && isDate(value) ? undefined : 'must be a date (yyyy-mm-dd).';
    case 'date-time':
      return typeof value === 'string' && DATE_TIME.test(value) ? undefined : 'must be a date and time.';
    case 'time':
      return typeof value === 'string' && TIME.test(value) ? undefined : 'must be a time (hh:mm:ss).';
    case 'string':
      return typeof value === 'string' ? undefined : 'must be text.';
  }
}

interface Text {
  readonly name: string;
  readonly identity: boolean;
  readonly maxLength?: number;
  readonly minLength?: number;
}

function checkText(property: Text, value: string, path: string, errors: Errors): void {
  const name = capital(property.name);
  if (property.maxLength !== undefined && value.length > property.maxLength) {
    add(errors, path, `${name} must be at most ${property.maxLength} characters in length.`);
  }
  if (property.minLength !== undefined && value.length < property.minLength) {
    add(errors, path, `${name} must be at least ${property.minLength} characters in length.`);
  }
  if (property.identity && value.trim() !== value) {
    add(errors, path, `${name} cannot contain leading or trailing spaces.`);
  }
  if (MARKUP.test(value)) {
    add(errors, path, `${name} contains a value that could be dangerous for downstream systems, like markup.`);
  }
}

type Check = (value: JsonValue, path: string, errors: Errors) => JsonValue;

function scalarCheck(property: ScalarProperty): Check {
  const name = capital(property.name);
  return (value, path, errors) => {
    const wrong = wrongType(property.type, property.format, value);
    if (wrong !== undefined) {
      add(errors, path, `${name} ${wrong}`);
    } else if (typeof value === 'string') {
      if (property.type === 'string') checkText(property, value, path, errors);
    } else if (typeof value === 'number') {
      const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = property;
      if (value < minimum || value > maximum) {
        add(errors, path, `${name} must be ${limitWords(property.minimum, property.maximum)}.`);
      }
    }
    return value;
  };
}

function limitWords(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum === undefined) return `at most ${maximum}`;
  return maximum === undefined ? `at least ${minimum}` : `between ${minimum} and ${maximum}`;
}

function descriptorCheck(property: DescriptorProperty, descriptors: DescriptorValues): Check {
  const type = property.descriptor ?? capital(property.name);
  return (value, path, errors) => {
    if (typeof value !== 'string') add(errors, path, `${capital(property.name)} must be text.`);
    else if (value.length > property.maxLength) {
      add(errors, path, `${capital(property.name)} must be at most ${property.maxLength} characters in length.`);
    } else if (!descriptors.exists(property.descriptor, value)) {
      add(errors, path, `${type} value '${value}' does not exist.`);
      errors.descriptors.push({ path, name: capital(property.name), type, value });
    }
    return value;
  };
}

function referenceCheck(property: ReferenceProperty): Check {
  const members = new Set(property.members.map(({ name }) => name));
  const check = (member: ReferenceMember, value: JsonValue, path: string, errors: Errors): void => {
    const wrong = wrongType(member.type, member.format, value);
    if (wrong !== undefined) add(errors, path, `${capital(member.name)} ${wrong}`);
    else if (typeof value === 'string' && member.type === 'string') {
      const { maxLength } = member;
      const text = { name: member.name, identity: property.identity };
      checkText(maxLength === undefined ? text : { ...text, maxLength }, value, path, errors);
    }
  };
  return (value, path, errors) => {
    if (!isObject(value)) {
      add(errors, path, `${capital(property.name)} must be an object.`);
      return value;
    }
    const clean: JsonObject = {};
    for (const name in value) {
      if (!members.has(name)) errors.unknown.push(`${path}.${name}`);
    }
    for (const member of property.members) {
      const given = value[member.name] ?? null;
      if (given === null || given === '') {
        if (member.required) required(errors, `${path}.${member.name}`, member.name);
        continue;
      }
      check(member, given, `${path}.${member.name}`, errors);
      clean[member.name] = given;
    }
    return clean;
  };
}

function collectionCheck(name: string, items: ObjectCheck | undefined): Check {
  return (value, path, errors) => {
    if (!Array.isArray(value)) {
      add(errors, path, `${capital(name)} must be a list.`);
      return value;
    }
    const seen = new Set<string>();
    return value.map((item, index) => {
      const at = `${path}[${index}]`;
      if (!isObject(item)) {
        add(errors, at, `Each item of ${capital(name)} must be an object.`);
        return item;
      }
      const clean = items === undefined ? item : items(item, at, errors);
      if (value.length > 1) {
        const text = JSON.stringify(clean);
        if (seen.has(text)) add(errors, at, `Item ${index + 1} of ${capital(name)} is the same as one before it.`);
        seen.add(text);
      }
      return clean;
    });
  };
}

type ObjectCheck = (value: JsonObject, path: string, errors: Errors) => JsonObject;

function objectCheck(properties: readonly PropertyModel[], descriptors: DescriptorValues): ObjectCheck | undefined {
  // A specification that says nothing about an object's members allows all.
  if (properties.length === 0) return undefined;
  const checks = new Map(properties.map((property) => [property.name, propertyCheck(property, descriptors)]));
  const needed = properties.filter((property) => property.required);
  return (value, path, errors) => {
    const clean: JsonObject = {};
    for (const name in value) {
      const check = checks.get(name);
      const given = value[name];
      if (check === undefined) errors.unknown.push(`${path}.${name}`);
      if (check === undefined || given === undefined || given === null) continue;
      clean[name] = check(given, `${path}.${name}`, errors);
    }
    for (const property of needed) {
      const given = clean[property.name];
      if (given === undefined || given === '') required(errors, `${path}.${property.name}`, property.name);
    }
    for (const property of properties) {
      const given = clean[property.name];
      if (property.kind !== 'collection' || !Array.isArray(given) || given.length >= property.minItems) continue;
      add(errors, `${path}.${property.name}`, `${capital(property.name)} must have at least one item.`);
    }
    return clean;
  };
}

function propertyCheck(property: PropertyModel, descriptors: DescriptorValues): Check {
  switch (property.kind) {
    case 'scalar':
      return scalarCheck(property);
    case 'descriptor':
      return descriptorCheck(property, descriptors);
    case 'reference':
      return referenceCheck(property);
    case 'collection':
      return collectionCheck(property.name, objectCheck(property.properties, descriptors));
    case 'object': {
      const inner = objectCheck(property.properties, descriptors);
      return (value, path, errors) => {
        if (isObject(value)) return inner === undefined ? value : inner(value, path, errors);
        add(errors, path, `${capital(property.name)} must be an object.`);
        return value;
      };
    }
  }
}

export interface Validated {
  /** The body without unknown members and without nulls. */
  readonly body: JsonObject;
  /** JSON path → messages; undefined where nothing is wrong. */
  readonly errors: ValidationErrors | undefined;
  /** Which of the errors are about descriptors. */
  readonly descriptors: readonly UnknownDescriptor[];
}

/**
 * @param unknownMembers whether members that the resource does not have are left out, or are an error
 * @returns a function that checks and cleans a body of this resource
 */
export function validator(
  shape: Shape,
  descriptors: DescriptorValues,
  unknownMembers: Traits['unknownMembers'],
): (body: JsonObject) => Validated {
  const check = objectCheck(shape.model.properties, descriptors);
  return (given) => {
    const errors: Errors = { messages: {}, descriptors: [], unknown: [] };
    const body = check === undefined ? given : check(given, '$', errors);
    for (const { name, paths } of shape.unified) {
      const values = [...new Set(paths.flatMap((path) => valuesAt(body, path)))];
      if (values.length < 2) continue;
      const listed = values.map((value) => `'${String(value)}'`).join(', ');
      add(
        errors,
        `$.${name}`,
        `All values supplied for '${name}' must match. Review all references and align the following conflicting values: ${listed}`,
      );
    }
    if (unknownMembers === 'refused') {
      for (const path of errors.unknown) {
        // The id of an item that is replaced may stand in its body.
        if (path !== '$.id') add(errors, path, `${path.slice(path.lastIndexOf('.') + 1)} is not a known property.`);
      }
    }
    const { messages } = errors;
    return {
      body,
      errors: Object.keys(messages).length === 0 ? undefined : messages,
      descriptors: errors.descriptors,
    };
  };
}
