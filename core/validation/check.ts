/**
 * Checks compiled from the connection's own specification: what an API would refuse for certain is refused here, with
 * the field and the reason, before it costs a request.
 */

import type { JsonObject, JsonValue, PropertyModel, ResourceModel, ScalarProperty } from '../edfi/model.ts';
import type { ProblemCode } from '../errors/catalogue.ts';

/** Codes of the catalogue (core/errors) that can be told without asking the API. */
export type CheckCode = Extract<
  ProblemCode,
  | 'required-missing'
  | 'items-missing'
  | 'value-unreadable'
  | 'bad-number'
  | 'bad-date'
  | 'too-long'
  | 'out-of-range'
  | 'stray-spaces'
  | 'descriptor-unknown-to-api'
  | 'keys-disagree'
>;

export interface CheckIssue {
  readonly code: CheckCode;
  /** `$.races[].raceDescriptor`: names of the model, no index. */
  readonly path: string;
  /** For a descriptor: its type. */
  readonly descriptor?: string;
  /** The value, for the sealed plane only. */
  readonly value?: JsonValue;
}

/** The values of a descriptor type at this connection in lower case; undefined where they could not be had. */
export type KnownDescriptors = (type: string) => ReadonlySet<string> | undefined;

type Check = (body: JsonObject, issues: CheckIssue[]) => void;

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/** @returns whether `text` is a day of the calendar, written yyyy-mm-dd */
export function isDate(text: string): boolean {
  const match = DATE.exec(text);
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day <= ([31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] as number);
}

function scalarProblem(property: ScalarProperty, value: JsonValue): CheckIssue['code'] | undefined {
  switch (property.type) {
    case 'string':
      if (typeof value !== 'string') return 'value-unreadable';
      if (property.maxLength !== undefined && value.length > property.maxLength) return 'too-long';
      if (property.minLength !== undefined && value.length < property.minLength) return 'out-of-range';
      return property.identity && value !== value.trim() ? 'stray-spaces' : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'value-unreadable';
    case 'integer':
    case 'number': {
      if (typeof value !== 'number' || !Number.isFinite(value)) return 'bad-number';
      if (property.type === 'integer' && !Number.isSafeInteger(value)) return 'bad-number';
      if (property.format === 'int32' && Math.abs(value) > 2_147_483_647) return 'out-of-range';
      if (property.minimum !== undefined && value < property.minimum) return 'out-of-range';
      return property.maximum !== undefined && value > property.maximum ? 'out-of-range' : undefined;
    }
    case 'date':
      return typeof value === 'string' && isDate(value) ? undefined : 'bad-date';
    case 'date-time':
      return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? undefined : 'bad-date';
    case 'time':
      return typeof value === 'string' && /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/.test(value)
        ? undefined
        : 'bad-date';
  }
}

function compileProperty(property: PropertyModel, path: string, known: KnownDescriptors): Check {
  const { name, required } = property;
  const missing: CheckIssue = { code: 'required-missing', path };
  const present = (value: JsonValue | undefined, issues: CheckIssue[]): value is JsonValue => {
    if (value !== undefined && value !== null && value !== '') return true;
    if (required) issues.push(missing);
    return false;
  };
  switch (property.kind) {
    case 'scalar':
      return (body, issues) => {
        const value = body[name];
        if (!present(value, issues)) return;
        const code = scalarProblem(property, value);
        if (code !== undefined) issues.push({ code, path, value });
      };
    case 'descriptor':
      return (body, issues) => {
        const value = body[name];
        if (!present(value, issues)) return;
        if (typeof value !== 'string') issues.push({ code: 'value-unreadable', path, value });
        else if (value.length > property.maxLength) issues.push({ code: 'too-long', path, value });
        else if (property.descriptor !== undefined && known(property.descriptor)?.has(value.toLowerCase()) === false) {
          issues.push({ code: 'descriptor-unknown-to-api', path, descriptor: property.descriptor, value });
        }
      };
    case 'reference': {
      const members = property.members.map((member) => ({
        member,
        path: `${path}.${member.name}`,
        like: { ...member, kind: 'scalar', identity: true } as ScalarProperty,
      }));
      return (body, issues) => {
        const value = body[name];
        if (!present(value, issues)) return;
        if (typeof value !== 'object' || Array.isArray(value) || value === null) {
          issues.push({ code: 'value-unreadable', path });
          return;
        }
        for (const { member, path: memberPath, like } of members) {
          const part = value[member.name];
          if (part === undefined || part === null || part === '') {
            if (member.required) issues.push({ code: 'required-missing', path: memberPath });
            continue;
          }
          const code = scalarProblem(like, part);
          if (code !== undefined) issues.push({ code, path: memberPath, value: part });
        }
      };
    }
    case 'collection': {
      const inner = compileProperties(property.properties, `${path}[]`, known);
      return (body, issues) => {
        const value = body[name];
        const items = Array.isArray(value) ? value : [];
        if (value !== undefined && value !== null && !Array.isArray(value)) {
          issues.push({ code: 'value-unreadable', path });
          return;
        }
        if (items.length < Math.max(property.minItems, required ? 1 : 0)) issues.push({ code: 'items-missing', path });
        for (const item of items) {
          if (typeof item === 'object' && item !== null && !Array.isArray(item)) inner(item, issues);
          else issues.push({ code: 'value-unreadable', path });
        }
      };
    }
    case 'object': {
      const inner = compileProperties(property.properties, path, known);
      return (body, issues) => {
        const value = body[name];
        if (!present(value, issues)) return;
        if (typeof value === 'object' && value !== null && !Array.isArray(value)) inner(value, issues);
        else issues.push({ code: 'value-unreadable', path });
      };
    }
  }
}

function compileProperties(properties: readonly PropertyModel[], prefix: string, known: KnownDescriptors): Check {
  const checks = properties.map((property) => compileProperty(property, `${prefix}.${property.name}`, known));
  return (body, issues) => {
    for (const check of checks) check(body, issues);
  };
}

/** Values of one key that stand in several references must agree (the API refuses the item otherwise). */
function compileUnified(model: ResourceModel): Check {
  const several = model.identity.filter((part) => part.paths.length > 1);
  return (body, issues) => {
    for (const part of several) {
      let first: JsonValue | undefined;
      for (const [reference, member] of part.paths) {
        const holder = reference === undefined ? undefined : body[reference];
        if (member === undefined || typeof holder !== 'object' || holder === null || Array.isArray(holder)) continue;
        const value = holder[member];
        if (value === undefined || value === null) continue;
        if (first === undefined) first = value;
        else if (first !== value) {
          issues.push({ code: 'keys-disagree', path: `$.${reference}.${member}` });
          break;
        }
      }
    }
  };
}

/**
 * @param model the resource, from the connection's own specification
 * @param known the descriptor values downloaded from the connection
 * @returns a function from a body to what the API would refuse in it; an empty list when it is fit to be sent
 */
export function compileCheck(model: ResourceModel, known: KnownDescriptors): (body: JsonObject) => CheckIssue[] {
  const properties = compileProperties(model.properties, '$', known);
  const unified = compileUnified(model);
  return (body) => {
    const issues: CheckIssue[] = [];
    properties(body, issues);
    unified(body, issues);
    return issues;
  };
}
