/**
 * What shows the screens to a spec: the loopback host in a browser, or the desktop application. A spec is the same for each;
 * ROLLBOOK_E2E chooses: `browser` (unless told), `electron`, or `stand-in` (main as it is, with a browser for its window).
 */
import type { Page } from 'playwright-core';
import type { AnswerError } from '../../core/contract/bridge.ts';
import type { HostCommandName, PracticeState, PracticeWeather } from '../../core/contract/host.ts';
import type { CommandInput, CommandName, CommandOutput } from '../../core/contract/schemas.ts';

export type AnyCommand = CommandName | HostCommandName;

const FORMS = ['browser', 'electron', 'stand-in'] as const;
export type Form = (typeof FORMS)[number];

/**
 * @param told what ROLLBOOK_E2E says
 * @throws Error with a sentence where it says none of the forms
 */
export function formOf(told: string | undefined): Form {
  if (told === undefined || told === '') return 'browser';
  const form = FORMS.find((one) => one === told);
  if (form === undefined) throw new Error(`ROLLBOOK_E2E is one of ${FORMS.join(', ')}.`);
  return form;
}

/** Behind the screens: for what a spec prepares, and for what the screens cannot show. */
export interface StageApp {
  /** @throws Failure */
  call<N extends CommandName>(command: N, input: CommandInput<N>): Promise<CommandOutput<N>>;
  readonly practice: {
    state(): Promise<PracticeState>;
    start(): Promise<PracticeState>;
    stop(input: { readonly forget: boolean }): Promise<PracticeState>;
    faults(input: { readonly weather: PracticeWeather }): Promise<PracticeState>;
  };
  /** Ends the engine's thread as a crash would; it is started again. */
  killEngine(): Promise<void>;
  /** Takes the network away, or gives it back. */
  setOnline(isOnline: boolean): Promise<void>;
}

/** A dialog for a file or folder: the page's own in a browser, the system's on the desktop. `act` opens it. */
export interface Dialogs {
  /** Answers one for a place on this computer. @returns what it suggested; empty where it suggests nothing */
  choosePath(act: () => Promise<unknown>, target: string): Promise<string>;
  /** Answers one for a file whose text is read. */
  chooseText(act: () => Promise<unknown>, target: string): Promise<void>;
  /** Answers one for where a text is written; done when it is. */
  saveText(act: () => Promise<unknown>, target: string): Promise<void>;
}

/** Answers of the host, for what a spec could not bring about otherwise. */
export interface Answers {
  /** Holds back the answers to a command. @returns what lets them go, and waits until they went */
  holdBack(command: AnyCommand): Promise<() => Promise<void>>;
  /** Refuses a command from now on, without asking for it. */
  refuse(command: AnyCommand, error: AnswerError): Promise<void>;
}

export interface HostOptions {
  /** New; the data folder goes into it. */
  readonly folder: string;
  readonly viewport: { readonly width: number; readonly height: number };
  /** The engine can be killed: what is secret is in files, where the next one finds it. */
  readonly isKillable: boolean;
}

export interface OpenHost extends Dialogs, Answers {
  readonly form: Form;
  readonly app: StageApp;
  /** Shows nothing of ours yet. */
  readonly page: Page;
  /** Has the page show the screens, as they are when they are opened. */
  show(): Promise<void>;
  close(): Promise<void>;
}

export type HostOpener = (options: HostOptions) => Promise<OpenHost>;

/** How each form looks at its screens. */
export const LOOK = { locale: 'en-US', timezoneId: 'America/Chicago' } as const;
export const TIMEOUT_MS = 30_000;
