import type { JsonObject } from './model.ts';

/** Takes a text; gives what it holds, or undefined where it is no JSON. A byte order mark before it is skipped. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch {
    // The parser's message quotes the text.
    return undefined;
  }
};

/** True for what a browser would show as a page: what proxies, sign-in portals and error pages send. */
export const looksLikeWebPage = (contentType: string | undefined, text: string): boolean =>
  /^\s*(text\/html|application\/xhtml)/i.test(contentType ?? '') ||
  /^\uFEFF?\s*(<!doctype\s+html|<html|<head|<body)/i.test(text.slice(0, 200));

/** True for an object out of parsed JSON. */
export const isJsonObject = (json: unknown): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json);
